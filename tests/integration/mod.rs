//! The real operator against real targets on loopback: on the embedded control plane, and, where `AGENTIC_TEST_KUBECONFIG`
//! names one, on a real API server.

mod check;
mod facade;
mod kubectl;
mod malformed;
mod nine;
mod replicas;
mod running;
