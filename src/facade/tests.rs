//! The routes, over caches filled by hand and a stand-in for the Kubernetes API.

mod auth;
mod conversation;
mod fake;
mod findings;
mod golden;
mod metrics;
mod openapi;
mod roles;
mod routes;
mod runs;
mod silences;
mod token_review;
mod writes;
