//! The query parameter `fieldValidation`.

/// What to do with unknown and duplicate fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FieldValidation {
    #[default]
    Warn,
    Strict,
    Ignore,
}
