//! The identity of a Finding: the same scenario, check and key always have the same name.

use crate::api::FindingSpec;
use sha2::{Digest, Sha256};

/// Ten hex digits over scenario, check and key.
pub fn fingerprint(scenario: &str, check: &str, key: &str) -> String {
    let mut hash = Sha256::new();
    for part in [scenario, check, key] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize()[..5].iter().map(|b| format!("{b:02x}")).collect()
}

/// The name of the Finding of this check and key.
pub fn finding_name(scenario: &str, check: &str, key: &str) -> String {
    format!("{scenario}-{}", fingerprint(scenario, check, key))
}

/// The spec of the Finding of this check, without what people state about it.
pub fn finding_spec(scenario: &str, check: &str, key: &str) -> FindingSpec {
    FindingSpec {
        scenario: scenario.to_string(),
        check: check.to_string(),
        key: key.to_string(),
        fingerprint: fingerprint(scenario, check, key),
        acknowledgement: None,
        owner: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_stable_and_distinct() {
        let name = finding_name("proxmox.cluster", "vm-running", "112");
        assert_eq!(name, finding_name("proxmox.cluster", "vm-running", "112"));
        assert!(name.starts_with("proxmox.cluster-") && name.len() == "proxmox.cluster-".len() + 10);
        for (check, key) in [("vm-running", "122"), ("vm-running1", "12"), ("vm-running", "")] {
            assert_ne!(name, finding_name("proxmox.cluster", check, key));
        }
    }
}
