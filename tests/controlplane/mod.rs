//! The embedded control plane, driven as its users drive it: by `kubectl`, by a Kubernetes client and by bare requests.
//! What is not about the embedded server alone runs against a real API server as well, where `AGENTIC_TEST_KUBECONFIG` names it.

mod apply;
mod crash;
mod kubectl;
mod limits;
mod lists;
mod server;
mod watches;
mod writes;
