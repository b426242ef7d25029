//! Who reads an inbox.

use crate::api::Role;

/// Whose inbox it is.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    pub name: &'a str,
    pub roles: &'a [Role],
}

impl Reader<'_> {
    /// Whether a Message to these recipients is for this person. One without recipients is for everyone, and a super_admin sees all.
    pub(super) fn is_for(self, recipients: &[String]) -> bool {
        let is_mine =
            |recipient: &String| recipient == self.name || self.roles.iter().any(|role| role.as_str() == recipient);
        recipients.is_empty() || self.roles.contains(&Role::SuperAdmin) || recipients.iter().any(is_mine)
    }
}
