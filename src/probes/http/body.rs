//! A body as text, and as JSON.

use super::super::{json, weight};
use encoding_rs::{Encoding, UTF_8};
use reqwest::header::{CONTENT_TYPE, HeaderMap};

/// JSON that takes more memory than this is parsed when the Scenario is judged.
const PARSED_AT_ONCE: usize = 64 << 10;

/// What the headers say about a body.
#[derive(Clone, Copy)]
pub(super) struct Declared {
    json: bool,
    /// `None`: no charset that is known.
    charset: Option<&'static Encoding>,
}

/// The JSON of a body.
pub(super) enum Json {
    /// The body is neither declared as JSON nor looks like it.
    None,
    /// It is declared as JSON, or looks like it: the JSON, or why it does not parse.
    Field(json::Field),
    /// JSON perhaps, which will take so many bytes.
    Unparsed(usize),
}

impl Declared {
    /// From the headers of an answer. `empty`: such an answer has no body, whatever it declares.
    pub fn new(headers: &HeaderMap, empty: bool) -> Declared {
        let types = || headers.get_all(CONTENT_TYPE).iter().filter_map(|value| value.to_str().ok());
        let charset = types().find_map(charset).and_then(|label| Encoding::for_label_no_replacement(label.as_bytes()));
        Declared { json: !empty && types().any(is_json), charset }
    }

    /// The most memory that decoding this body takes besides the body itself, in bytes.
    pub fn decoding(self, body: &[u8]) -> usize {
        let (encoding, _) = self.encoding(body);
        if encoding == UTF_8 { 0 } else { body.len().saturating_mul(3) }
    }

    /// The encoding and how many bytes mark it. A byte order mark counts more than a header.
    fn encoding(self, body: &[u8]) -> (&'static Encoding, usize) {
        Encoding::for_bom(body).unwrap_or((self.charset.unwrap_or(UTF_8), 0))
    }
}

/// The body as text, without a byte order mark; and as JSON where it is declared as JSON, or begins as an object or a list.
pub(super) fn body_fields(body: Vec<u8>, declared: Declared) -> (String, Json) {
    let (text, invalid) = decode(body, declared);
    let looks_like_json = declared.json || text.trim_ascii_start().starts_with(['{', '[']);
    let json = match invalid {
        _ if !looks_like_json => Json::None,
        Some(reason) => Json::Field(json::invalid(reason)),
        None => match weight::of_json(text.as_bytes()) {
            weight if weight > PARSED_AT_ONCE => Json::Unparsed(weight),
            _ => Json::Field(json::parsed(&text)),
        },
    };
    (text, json)
}

/// The text, with replacement characters for what is not of its encoding, and where there are any, why.
fn decode(mut body: Vec<u8>, declared: Declared) -> (String, Option<String>) {
    let (encoding, mark) = declared.encoding(&body);
    if encoding != UTF_8 {
        let (text, malformed) = encoding.decode_without_bom_handling(&body[mark..]);
        return (text.into_owned(), malformed.then(|| format!("invalid {} sequence", encoding.name())));
    }
    body.drain(..mark);
    String::from_utf8(body).map_or_else(
        |error| (String::from_utf8_lossy(error.as_bytes()).into_owned(), Some(error.utf8_error().to_string())),
        |text| (text, None),
    )
}

/// The value of the parameter `charset`.
fn charset(content_type: &str) -> Option<&str> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches(['"', '\'']))
    })
}

fn is_json(content_type: &str) -> bool {
    let essence = content_type.split([';', ',']).next().unwrap_or_default().trim().as_bytes();
    let kind = essence.len().checked_sub("/json".len()).map(|at| &essence[at..]);
    kind.is_some_and(|kind| kind.eq_ignore_ascii_case(b"/json") || kind.eq_ignore_ascii_case(b"+json"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::reading::JSON_ERROR;
    use reqwest::header::HeaderValue;

    fn fields(content_type: &'static str, body: &[u8]) -> (String, Json) {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(content_type))]);
        body_fields(body.to_vec(), Declared::new(&headers, false))
    }

    fn reason(content_type: &'static str, body: &[u8]) -> String {
        match fields(content_type, body).1 {
            Json::Field((JSON_ERROR, reason)) => reason.as_str().unwrap().into(),
            Json::None => "none".into(),
            Json::Field(_) | Json::Unparsed(_) => "JSON".into(),
        }
    }

    #[test]
    fn what_is_declared_as_json_or_looks_like_it_is_json_or_says_why_not() {
        let json = "application/json";
        for (content_type, body, expected) in [
            (json, &b"{\"a\":1}"[..], "JSON"),
            (json, b"\xef\xbb\xbf{\"a\":1}", "JSON"),
            (json, b"12", "JSON"),
            ("Application/Problem+JSON; charset=utf-8", b"<html>", "expected value at line 1 column 1"),
            (json, b"", "EOF while parsing a value at line 1 column 0"),
            (json, b"{\"a\":NaN}", "expected value at line 1 column 6"),
            (json, b"{\"a\":1e400}", "number out of range at line 1 column 10"),
            (json, b"{\"a\":1,}", "trailing comma at line 1 column 8"),
            (json, b"{\"a\":\"caf\xe9\"}", "invalid utf-8 sequence of 1 bytes from index 9"),
            ("text/plain", b" {\"a\":\"cut", "EOF while parsing a string at line 1 column 10"),
            ("text/plain", b"[1] 2", "trailing characters at line 1 column 5"),
            ("text/plain", b"12", "none"),
            ("text/html", b"<html>", "none"),
            ("text/plain", b"", "none"),
        ] {
            assert_eq!(reason(content_type, body), expected, "{content_type} {}", String::from_utf8_lossy(body));
        }
        let deep = "[".repeat(200) + &"]".repeat(200);
        assert!(reason(json, deep.as_bytes()).starts_with("recursion limit exceeded"));
    }

    #[test]
    fn a_body_is_decoded_as_its_mark_or_its_declared_charset_says() {
        for (content_type, body, expected) in [
            ("application/json; charset=ISO-8859-1", &b"{\"a\":\"caf\xe9\"}"[..], "{\"a\":\"caf\u{e9}\"}"),
            ("text/plain; q=1; Charset=\"latin1\"", b"caf\xe9", "caf\u{e9}"),
            ("text/plain; charset=windows-1252", b"\x80", "\u{20ac}"),
            ("text/plain; charset=nonsense", b"caf\xe9", "caf\u{fffd}"),
            ("text/plain; charset=latin1", b"\xef\xbb\xbfcaf\xc3\xa9", "caf\u{e9}"),
            ("application/json; charset=utf-16le", b"{\0}\0", "{}"),
            ("application/json", b"\xfe\xff\0{\0}", "{}"),
        ] {
            let (text, json) = fields(content_type, body);
            assert_eq!(text, expected, "{content_type}");
            assert_eq!(matches!(json, Json::Field(("json", _))), content_type.contains("json"), "{content_type}");
        }
        assert_eq!(reason("application/json; charset=utf-16le", b"{\0\x00\xd8}\0"), "invalid UTF-16LE sequence");
    }
}
