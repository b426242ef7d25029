//! Resource versions as numbers.

use kube::Resource;

/// A resource version. Within one kind a greater one is newer, which the API server promises since Kubernetes 1.35
/// (KEP-5504) and every server before it has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(u64);

impl Version {
    /// The version of an object; `None` where it has none, or one that is not a number.
    pub fn of(object: &impl Resource) -> Option<Version> {
        object.meta().resource_version.as_deref().and_then(Version::parse)
    }

    /// The version as the API writes it; `None` where it is not a number.
    pub fn parse(text: &str) -> Option<Version> {
        text.parse().ok().map(Version)
    }

    /// The number.
    pub fn number(self) -> u64 {
        self.0
    }

    #[cfg(test)]
    pub fn new(number: u64) -> Version {
        Version(number)
    }
}

/// Whether an object of version `seen` is older than what is `known`. One without a version is never older.
pub fn is_older(seen: Option<Version>, known: Option<Version>) -> bool {
    matches!((seen, known), (Some(seen), Some(known)) if seen < known)
}
