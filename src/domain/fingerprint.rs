//! The identity of a fault: the same one always lands on the same Finding.

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

/// The name of the Finding for this fault.
pub fn finding_name(scenario: &str, check: &str, key: &str) -> String {
    format!("{scenario}-{}", fingerprint(scenario, check, key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_fault_has_the_same_name_and_others_have_others() {
        let name = finding_name("proxmox.cluster", "vm-running", "112");
        assert_eq!(name, finding_name("proxmox.cluster", "vm-running", "112"));
        assert!(name.starts_with("proxmox.cluster-") && name.len() == "proxmox.cluster-".len() + 10);
        for (check, key) in [("vm-running", "122"), ("vm-running1", "12"), ("vm-running", "")] {
            assert_ne!(name, finding_name("proxmox.cluster", check, key));
        }
    }
}
