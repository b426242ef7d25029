//! The syntax of names: DNS subdomains, qualified names and label values, as Kubernetes defines them.

use super::schema::Cause;

/// Longest DNS subdomain, in bytes.
pub const NAME_MAX: usize = 253;
/// Longest label value, and longest last part of a qualified name, in bytes.
pub const LABEL_MAX: usize = 63;
/// The rule for object names, in the words of kube-apiserver.
pub const NAME_RULE: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";

/// The validation error of an object name that is not a DNS subdomain (RFC 1123); `None` for a valid name.
pub fn check_name(name: &str) -> Option<Cause> {
    let is_valid = name.len() <= NAME_MAX && name.split('.').all(is_dns_label);
    let message = || format!("Invalid value: {name:?}: {NAME_RULE}");
    (!is_valid).then(|| Cause { reason: "FieldValueInvalid", message: message(), field: "metadata.name".into() })
}

fn is_dns_label(part: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    !part.is_empty() && part.bytes().all(allowed) && !part.starts_with('-') && !part.ends_with('-')
}

/// Whether this is a qualified name: `app` or `example.com/app`.
pub fn is_qualified(name: &str) -> bool {
    match name.split_once('/') {
        Some((prefix, name)) => check_name(prefix).is_none() && is_label(name),
        None => is_label(name),
    }
}

/// Whether this is a valid label value, which is also the syntax of the last part of a qualified name. Not empty.
pub fn is_label(text: &str) -> bool {
    let ends_well = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    let allowed = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    bytes.len() <= LABEL_MAX && bytes.iter().all(allowed) && ends_well(bytes.first()) && ends_well(bytes.last())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_dns_subdomains() {
        for right in ["a", "a.b", "proxmox.cluster", "a-1", &"x".repeat(253)] {
            assert_eq!(check_name(right), None, "{right}");
        }
        for wrong in ["", "A", "a_b", "-a", "a-", "a..b", ".a", "a.", "ç", &"x".repeat(254)] {
            assert!(check_name(wrong).is_some(), "{wrong}");
        }
    }
}
