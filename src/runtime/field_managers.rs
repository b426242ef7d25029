//! Who owns which field, as Kubernetes keeps it: one manager for each place that writes.

/// Everything that the controllers write.
pub const OPERATOR: &str = crate::api::OPERATOR_FIELD_MANAGER;
/// What people write through the facade. Clients choose the name of their field manager freely: it proves nothing.
pub const FACADE: &str = "agentic-ops-facade";
/// What a registry sets.
pub const REGISTRY: &str = "agentic-ops-registry";
/// The label of objects that the registry applied, with its field manager.
pub const LABEL: &str = "app.kubernetes.io/managed-by";
