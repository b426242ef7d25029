//! `agentic-ops crds`: prints the CustomResourceDefinitions.

use crate::api;

/// The seven definitions as a YAML stream, always in the same order.
pub fn render() -> Result<String, serde_saphyr::ser::Error> {
    let mut out = String::new();
    for crd in api::crds() {
        out.push_str("---\n");
        out.push_str(&serde_saphyr::to_string(&crd)?);
    }
    Ok(out)
}
