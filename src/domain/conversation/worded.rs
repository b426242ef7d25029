//! JSON in words. Evidence and messages contain what targets answer, whole or cut off; people read names and values.

use crate::domain::texts::{Language, conversation};

/// Longest value that is repeated, in characters.
const ENTRY_MAX: usize = 240;

/// `text` with each object and list in it in words.
pub fn in_words(language: Language, text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['{', '[']) {
        let (before, json) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(before);
        if !is_json(json) {
            let end = json.chars().next().map_or(0, char::len_utf8);
            let (bracket, after) = json.split_at_checked(end).unwrap_or((json, ""));
            out.push_str(bracket);
            rest = after;
            continue;
        }
        let mut reader = Reader::new(language, json);
        let entries = reader.read();
        out.push_str(&entries.join(", "));
        rest = reader.rest;
    }
    out.push_str(rest);
    out
}

/// The fields or items of a text that is an object or a list, possibly cut off; `None` of any other text.
pub fn entries(language: Language, text: &str) -> Option<Vec<String>> {
    let text = text.trim();
    if !text.starts_with(['{', '[']) {
        return None;
    }
    let mut reader = Reader::new(language, text);
    let mut entries = reader.read();
    let rest = reader.rest.trim();
    if !rest.is_empty() {
        entries.push(in_words(language, rest));
    }
    Some(entries)
}

/// A value that was written as JSON.
pub fn value(language: Language, text: &str) -> String {
    let text = text.trim();
    let mut reader = Reader::new(language, text);
    let worded = match text.chars().next() {
        Some('{' | '[') => reader.read().join(", "),
        Some('"') => {
            let literal = reader.literal();
            format!("{}{}", shown(language, &literal), in_words(language, reader.rest))
        }
        _ => in_words(language, text),
    };
    crate::domain::clip::chars(&worded, ENTRY_MAX)
}

/// Whether what begins with a bracket is an object, or a list of texts, objects or lists. In a sentence, `[1]` is none.
fn is_json(text: &str) -> bool {
    let mut chars = text.chars();
    let first = chars.next();
    let second = chars.find(|c| !c.is_whitespace());
    matches!((first, second), (Some('{'), Some('"')) | (Some('['), Some('"' | '{' | '[')))
}

/// A text as a value is shown: in quotation marks where it could be taken for something else.
fn shown(language: Language, text: &str) -> String {
    let is_like_another = matches!(text, "true" | "false" | "null") || text.parse::<f64>().is_ok();
    match text {
        _ if text.trim().is_empty() => conversation::empty(language).to_string(),
        text if is_like_another => format!("“{text}”"),
        text => text.to_string(),
    }
}

/// The sign of omitted bytes, if a text begins with one. See [`crate::domain::texts::evidence`].
fn omission(text: &str) -> Option<&str> {
    let after = text.strip_prefix("… ")?;
    let (number, words) = after.split_once(' ')?;
    let is_sign = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) && words.starts_with("bytes ");
    let end = words.find('…').filter(|_| is_sign)?;
    text.get(..text.len() - words.len() + end + '…'.len_utf8())
}

/// Reads one object or list from the beginning of a text, leniently: it may be cut off anywhere.
struct Reader<'a> {
    language: Language,
    rest: &'a str,
    entries: Vec<String>,
    entry: String,
}

impl<'a> Reader<'a> {
    fn new(language: Language, text: &'a str) -> Reader<'a> {
        Reader { language, rest: text, entries: Vec::new(), entry: String::new() }
    }

    /// Its fields or items; what is nested is in parentheses.
    fn read(&mut self) -> Vec<String> {
        let mut depth = 0_usize;
        while let Some(c) = self.rest.chars().next() {
            if c == '"' {
                self.text();
                continue;
            }
            // What follows is the end of a value whose beginning is not there.
            if let Some(sign) = omission(self.rest) {
                self.entry.push_str(sign);
                self.rest = "";
                break;
            }
            self.rest = self.rest.get(c.len_utf8()..).unwrap_or_default();
            match c {
                '{' | '[' => {
                    if depth > 0 {
                        self.entry.push('(');
                    }
                    depth += 1;
                }
                '}' | ']' => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        break;
                    }
                    self.close();
                }
                ',' if depth == 1 => self.end_entry(),
                ',' => self.entry.push_str(", "),
                ':' => self.entry.push_str(": "),
                c if c.is_whitespace() => self.space(),
                c => self.entry.push(c),
            }
        }
        self.end_entry();
        if self.entries.is_empty() {
            self.entries.push(conversation::empty(self.language).to_string());
        }
        std::mem::take(&mut self.entries)
    }

    fn end_entry(&mut self) {
        let entry = std::mem::take(&mut self.entry);
        self.entries.extend(Some(entry.trim().to_string()).filter(|entry| !entry.is_empty()));
    }

    fn close(&mut self) {
        while self.entry.ends_with(' ') {
            self.entry.pop();
        }
        if self.entry.ends_with('(') {
            self.entry.pop();
            self.entry.push_str(conversation::empty(self.language));
        } else {
            self.entry.push(')');
        }
    }

    fn space(&mut self) {
        if !self.entry.is_empty() && !self.entry.ends_with([' ', '(']) {
            self.entry.push(' ');
        }
    }

    /// A name, or a value that is a text.
    fn text(&mut self) {
        let literal = self.literal();
        let is_name = self.rest.trim_start().starts_with(':');
        let text = if is_name { literal } else { shown(self.language, &literal) };
        self.entry.push_str(&text);
    }

    /// The text in quotation marks that the rest begins with; to the end where the last of them is cut off.
    fn literal(&mut self) -> String {
        let mut is_escaped = false;
        let end = self.rest.char_indices().skip(1).find(|(_, c)| {
            let ends = *c == '"' && !is_escaped;
            is_escaped = *c == '\\' && !is_escaped;
            ends
        });
        let end = end.map_or(self.rest.len(), |(at, quote)| at + quote.len_utf8());
        let (mut literal, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        let sign = literal.match_indices('…').find_map(|(at, _)| Some(at + omission(literal.get(at..)?)?.len()));
        if let Some(end) = sign {
            (literal, self.rest) = (literal.get(..end).unwrap_or(literal), "");
        }
        let text = serde_json::from_str(literal).unwrap_or_else(|_| literal.replace(['"', '\\'], ""));
        let text = crate::domain::printable::printable(&text).into_owned();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PT: Language = Language::Portuguese;

    #[test]
    fn values_are_in_words() {
        for (json, words) in [
            ("200", "200"),
            ("\"stopped\"", "stopped"),
            ("\"200\"", "“200”"),
            ("\"\"", "vazio"),
            ("{}", "vazio"),
            ("[]", "vazio"),
            ("null", "null"),
            ("[1,2,3]", "1, 2, 3"),
            (r#"{"vmid":112,"status":"stopped"}"#, "vmid: 112, status: stopped"),
            (r#"{"a":{"b":[1,{"c":null}],"d":{}},"e":"f, g"}"#, "a: (b: (1, (c: null)), d: vazio), e: f, g"),
            (r#"{"cut":"of"#, "cut: of"),
            (r#"{"a":[1,2… 30 bytes omitidos …"#, "a: (1, 2… 30 bytes omitidos …"),
            (
                r#"[{"vmid":112,"disk":6871947… 1465 bytes omitidos …s":"stopped","vmid":9000}]"#,
                "(vmid: 112, disk: 6871947… 1465 bytes omitidos …",
            ),
            (r#"{"a":"sto… 9 bytes omitted …s":"x","b":1}"#, "a: sto… 9 bytes omitted …"),
            (r#"{"a":"… e mais …","b":1}"#, "a: … e mais …, b: 1"),
            (r#""a \"b\" \\ \u00e9\nc""#, "a \"b\" \\ é c"),
            ("(probes.api.json não existe)", "(probes.api.json não existe)"),
        ] {
            assert_eq!(value(PT, json), words, "{json}");
        }
    }

    #[test]
    fn json_within_a_sentence_is_in_words() {
        for (text, words) in [
            (r#"A API respondeu {"error":"no disk"} em /health"#, "A API respondeu error: no disk em /health"),
            ("VM [112] parada {x}", "VM [112] parada {x}"),
            (r#"itens: ["a","b"]"#, "itens: a, b"),
            (r#"respondeu {"error": "no di"#, "respondeu error: no di"),
            ("{", "{"),
        ] {
            assert_eq!(in_words(PT, text), words);
        }
    }

    #[test]
    fn what_a_check_shows_is_a_list() {
        let show = "{\n  \"vmid\": 112,\n  \"tags\": [\n    \"a\",\n    \"b\"\n  ]\n}";
        assert_eq!(entries(PT, show).unwrap(), ["vmid: 112", "tags: (a, b)"]);
        assert_eq!(entries(PT, "tudo parado"), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_json_is_left_of_any_text(text in "[ab\\[\\]{}\",:\\\\ \n0-9]{0,60}") {
            let words = in_words(PT, &text);
            prop_assert!(words.chars().count() <= text.chars().count() * 6 + 8);
            prop_assert!(value(PT, &text).chars().count() <= ENTRY_MAX);
            let after = in_words(PT, &format!("x {{\"a\":1}} {text}"));
            prop_assert!(after.starts_with("x a: 1"), "{}", after);
        }
    }
}
