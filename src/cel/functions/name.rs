//! The name of a function call.

/// The name of a call.
#[derive(Clone, Copy)]
pub(in crate::cel) struct Name<'a> {
    /// `math` and the like.
    pub namespace: Option<&'a str>,
    pub name: &'a str,
}
