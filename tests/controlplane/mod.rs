//! The embedded API server, tested with `kubectl`, with a Kubernetes client and with HTTP requests. If `AGENTIC_TEST_KUBECONFIG` is
//! set, tests that are not specific to the embedded server use that real API server.

mod apply;
mod connections;
mod crash;
mod damage;
mod disk;
mod full_disk;
mod kubectl;
mod limits;
mod lists;
mod server;
mod service;
mod watches;
mod writes;
