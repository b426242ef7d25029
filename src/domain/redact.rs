//! Redacts secret values where text leaves a reading: the one place for it.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::borrow::Cow;

/// What replaces a secret.
pub const REDACTED: &str = "***";
/// Shorter values are not redacted: they would match ordinary words.
const SHORTEST: usize = 4;

/// Redacts the secrets of one Scenario, in every encoding in which they may be returned.
#[derive(Clone, Default)]
pub struct Redactor {
    /// Longest first, so that an encoding within another does not leave part of it.
    needles: Vec<String>,
}

impl Redactor {
    /// For these secret values: as they are, within JSON, URL-encoded, and in base64 at any offset.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Redactor {
        let mut needles = Vec::new();
        for secret in secrets.into_iter().filter(|s| s.len() >= SHORTEST) {
            needles.push(secret.to_string());
            needles.push(serde_json::Value::from(secret).to_string().trim_matches('"').to_string());
            needles.push(utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string());
            needles.push(url::form_urlencoded::byte_serialize(secret.as_bytes()).collect());
            for offset in 0..3 {
                let middle = base64_middle(secret.as_bytes(), offset);
                needles.push(URL_SAFE_NO_PAD.encode(&middle.0)[middle.1.clone()].to_string());
                needles.push(STANDARD_NO_PAD.encode(&middle.0)[middle.1].to_string());
            }
        }
        needles.retain(|n| n.len() >= SHORTEST);
        needles.sort_by(|a, b| b.len().cmp(&a.len()).then(a.cmp(b)));
        needles.dedup();
        Redactor { needles }
    }

    /// `text` without secrets.
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut out = Cow::Borrowed(text);
        for needle in &self.needles {
            if out.contains(needle.as_str()) {
                out = Cow::Owned(out.replace(needle.as_str(), REDACTED));
            }
        }
        out
    }
}

/// `secret` after `offset` bytes of something else, and the part of its base64 that depends on the secret alone.
fn base64_middle(secret: &[u8], offset: usize) -> (Vec<u8>, std::ops::Range<usize>) {
    let mut bytes = vec![0; offset];
    bytes.extend_from_slice(secret);
    let start = (offset * 8).div_ceil(6);
    let end = (bytes.len() * 8) / 6;
    (bytes, start..end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    #[test]
    fn a_secret_is_redacted_in_every_encoding() {
        let redactor = Redactor::new(["s3cr=t/k\"y+é"]);
        let forms = [
            "s3cr=t/k\"y+é".to_string(),
            r#"{"a":"s3cr=t/k\"y+é"}"#.to_string(),
            "q=s3cr%3Dt%2Fk%22y%2B%C3%A9".to_string(),
            STANDARD.encode("s3cr=t/k\"y+é"),
            STANDARD.encode("user:s3cr=t/k\"y+é"),
            STANDARD.encode("u:s3cr=t/k\"y+é;more"),
        ];
        for form in forms {
            assert!(redactor.redact(&form).contains(REDACTED), "{form}");
        }
    }

    #[test]
    fn short_values_and_other_text_are_not_redacted() {
        assert_eq!(Redactor::new(["ab", ""]).redact("about"), "about");
        assert_eq!(Redactor::new(["hunter22"]).redact("nothing here"), "nothing here");
    }

    proptest! {
        #[test]
        fn no_text_contains_the_secret_after_redaction(before in ".{0,20}", secret in "[ -~]{8,40}", after in ".{0,20}") {
            let redactor = Redactor::new([secret.as_str()]);
            let text = format!("{before}{secret}{after}");
            prop_assert!(!redactor.redact(&text).contains(&secret));
            let encoded = STANDARD.encode(&text);
            let out = redactor.redact(&encoded);
            let shown = out.split(REDACTED).filter_map(|p| STANDARD_NO_PAD.decode(p.trim_end_matches('=')).ok());
            for part in shown {
                prop_assert!(!String::from_utf8_lossy(&part).contains(&secret));
            }
        }
    }
}
