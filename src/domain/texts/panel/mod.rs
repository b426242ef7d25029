//! The panel: what its pages say. One file per page; the words that several pages use are in [`words`].

/// Texts without arguments: Portuguese first, then English.
macro_rules! words {
    ($($(#[$doc:meta])* $name:ident: $portuguese:literal, $english:literal;)*) => {
        $($(#[$doc])*
        pub fn $name(language: $crate::domain::texts::Language) -> &'static str {
            match language {
                $crate::domain::texts::Language::Portuguese => $portuguese,
                $crate::domain::texts::Language::English => $english,
            }
        })*

        /// Each of them by its name.
        #[cfg(test)]
        pub const WORDS: &[(&str, fn($crate::domain::texts::Language) -> &'static str)] = &[$((stringify!($name), $name)),*];
    };
}

pub mod actions;
pub mod board;
pub mod chat;
pub mod context;
pub mod handover;
pub mod inbox;
pub mod lists;
pub mod model;
pub mod runbooks;
pub mod session;
pub mod silences;
pub mod times;
pub mod words;
