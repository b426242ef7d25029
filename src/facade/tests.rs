//! The routes as a caller meets them, over stores filled by hand and a small stand-in for the Kubernetes API.

mod auth;
mod fake;
mod findings;
mod golden;
mod review;
mod routes;
mod runs;
