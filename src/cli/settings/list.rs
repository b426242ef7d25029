//! The list of all settings, by subject.

mod access;
mod estate;
mod limits;
mod notices;
mod reference;

pub use reference::reference;

use super::format::Format;
use std::sync::LazyLock;

/// A setting of the program.
pub struct Setting {
    pub name: &'static str,
    /// May contain `${NAME}` of other settings. `None`: not set by default.
    pub default: Option<&'static str>,
    pub meaning: &'static str,
    pub(super) format: Format,
}

const fn setting(name: &'static str, default: Option<&'static str>, format: Format, meaning: &'static str) -> Setting {
    Setting { name, default, meaning, format }
}

/// All settings, in the order of the documentation.
pub static SETTINGS: LazyLock<Vec<&'static Setting>> = LazyLock::new(|| {
    let subjects = [estate::SETTINGS, notices::SETTINGS, access::SETTINGS, limits::SETTINGS];
    subjects.into_iter().flatten().collect()
});
