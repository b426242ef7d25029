//! Words within evidence.

use super::language::Language;

/// The mark where so many bytes of a text are left out.
pub fn omitted(language: Language, bytes: usize) -> String {
    text!(language, "… {bytes} bytes omitidos …", "… {bytes} bytes omitted …")
}

/// The size of a list or map.
pub fn items(language: Language, count: usize) -> String {
    match count {
        1 => text!(language, "1 item", "1 item"),
        _ => text!(language, "{count} itens", "{count} items"),
    }
}
