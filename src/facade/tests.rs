//! The routes, over caches filled by hand and a stand-in for the Kubernetes API.

mod advice;
mod answers;
mod auth;
mod clients;
mod conversation;
mod events;
mod fake;
mod findings;
mod golden;
mod metrics;
mod openapi;
mod reads;
mod roles;
mod routes;
mod runs;
mod silences;
mod statuses;
mod threads;
mod token_review;
mod writes;
