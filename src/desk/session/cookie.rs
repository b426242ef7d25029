//! Cookies, as requests carry them and as they are set.

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};

/// Cookies of a request that are looked at.
const COOKIES_MAX: usize = 64;

/// The cookies of a request.
#[derive(Clone, Copy)]
pub struct Cookies<'a>(&'a HeaderMap);

impl<'a> Cookies<'a> {
    pub fn of(headers: &'a HeaderMap) -> Cookies<'a> {
        Cookies(headers)
    }

    /// The values of a name, in their order: a page of a parent domain can add a second one.
    pub fn all(self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let values = self.0.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let pairs = values.flat_map(|value| value.split(';')).take(COOKIES_MAX);
        pairs.filter_map(move |pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
    }

    pub fn get(self, name: &'a str) -> Option<&'a str> {
        self.all(name).next()
    }
}

/// A cookie that scripts can't read and pages of other sites do not send, for so many seconds; `None` where the value is not one.
pub fn set(name: &str, value: &str, seconds: i64, is_secure: bool) -> Option<HeaderValue> {
    let secure = if is_secure { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/desk; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    let is_value = value.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b';' | b',' | b'"' | b'\\'));
    HeaderValue::from_str(&text).ok().filter(|_| is_value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let headers: HeaderMap = [(COOKIE, "a=1; desk-1=x; desk-12=y"), (COOKIE, "desk-1=z;b")]
            .map(|(n, v)| (n, HeaderValue::from_static(v)))
            .into_iter()
            .collect();
        let cookies = Cookies::of(&headers);
        assert_eq!(cookies.all("desk-1").collect::<Vec<_>>(), ["x", "z"]);
        assert_eq!((cookies.get("desk-12"), cookies.get("desk"), cookies.get("b")), (Some("y"), None, None));
    }

    #[test]
    fn a_cookie_is_set_for_the_panel_alone() {
        assert_eq!(
            set("desk-1", "a.b-_", 60, false).unwrap(),
            "desk-1=a.b-_; Path=/desk; Max-Age=60; HttpOnly; SameSite=Lax"
        );
        assert!(set("desk-1", "a", 60, true).unwrap().to_str().unwrap().ends_with("; Secure"));
        for value in ["a;b", "a\r\nb", "a b", "ç"] {
            assert_eq!(set("desk-1", value, 60, false), None, "{value:?}");
        }
    }
}
