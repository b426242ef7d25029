//! The embedded control plane, driven as its users drive it: by `kubectl`, by a Kubernetes client and by bare requests.

mod apply;
mod crash;
mod harness;
mod kubectl;
mod limits;
mod lists;
mod watches;
mod writes;
