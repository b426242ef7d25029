//! The operator with targets on loopback, on the embedded API server or, if `AGENTIC_TEST_KUBECONFIG` is set, on a real one.

mod channels;
mod check;
mod clients;
mod damaged_statuses;
mod digest;
mod facade;
mod findings;
mod hung;
mod kubectl;
mod lateness;
mod malformed;
mod metrics;
mod names;
mod nine;
mod notices;
mod readings;
mod registry;
mod replicas;
mod running;
mod secrets;
mod silences;
mod soak;
mod sqlite;
mod threads;
mod watching;
