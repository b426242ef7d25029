//! Who owns which field, as Kubernetes keeps it: one manager for each place that writes.

/// Everything that the controllers write.
pub const OPERATOR: &str = "agentic-ops-operator";
/// What people write through the facade, whose names are proven.
pub const FACADE: &str = "agentic-ops-facade";
/// What a registry sets.
pub const REGISTRY: &str = "agentic-ops-registry";
