//! What people search for in lists: words that all have to be there, whatever their case and accents.

/// Longest text that is searched for, in characters.
pub const SOUGHT_MAX: usize = 200;

/// The words of a search.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sought {
    words: Vec<String>,
}

impl Sought {
    /// The words of a text.
    pub fn parse(text: &str) -> Sought {
        let mut folded = String::new();
        fold(text, &mut folded);
        Sought { words: folded.split_whitespace().map(String::from).collect() }
    }

    /// Whether each word stands in one of these texts.
    pub fn is_in<'a>(&self, texts: impl IntoIterator<Item = &'a str>) -> bool {
        let mut all = String::new();
        for text in texts {
            fold(text, &mut all);
            all.push('\n');
        }
        self.words.iter().all(|word| all.contains(word.as_str()))
    }
}

/// Appends a text in lower case, without the accents of western European languages.
fn fold(text: &str, folded: &mut String) {
    for c in text.chars() {
        match c {
            _ if c.is_ascii() => folded.push(c.to_ascii_lowercase()),
            // Accents as characters of their own.
            '\u{300}'..='\u{36f}' => {}
            _ => match c.to_lowercase().next().unwrap_or(c) {
                'à'..='å' => folded.push('a'),
                'ç' => folded.push('c'),
                'è'..='ë' => folded.push('e'),
                'ì'..='ï' => folded.push('i'),
                'ñ' => folded.push('n'),
                'ò'..='ö' => folded.push('o'),
                'ù'..='ü' => folded.push('u'),
                'ý' | 'ÿ' => folded.push('y'),
                other => folded.push(other),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_to_be_there_whatever_its_case_and_accents() {
        let texts = ["VM 112 não está em execução", "proxmox.cluster", ""];
        for (text, expected) in [
            ("", true),
            ("  ", true),
            ("execucao", true),
            ("EXECUÇÃO 112", true),
            ("execuc\u{327}a\u{303}o", true),
            ("proxmox nao", true),
            ("112 proxmox.cluster", true),
            ("113", false),
            ("proxmox parada", false),
            ("execuçãoproxmox", false),
        ] {
            assert_eq!(Sought::parse(text).is_in(texts), expected, "{text:?}");
        }
    }
}
