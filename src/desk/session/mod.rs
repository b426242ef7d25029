//! Who is signed in: a signed cookie that every replica verifies by itself. Nothing is kept of a session but its end.

mod cookie;
mod ended;
mod once;
mod signed;

pub use cookie::{Cookies, set};
pub use ended::Ended;
pub use once::OneTime;
pub use signed::{Session, Sessions};

/// Where to go after signing in: a path of the panel, and nothing else that an address could be.
pub fn return_path(given: Option<&str>) -> &str {
    let is_plain =
        |path: &str| path.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'"' | b'<' | b'>'));
    let is_own = |path: &str| path == "/desk" || path.starts_with("/desk/") || path.starts_with("/desk?");
    let is_session = |path: &str| path.starts_with("/desk/session");
    given
        .filter(|path| {
            path.len() <= 1024
                && is_plain(path)
                && is_own(path)
                && !path.contains("//")
                && !path.contains("..")
                && !is_session(path)
        })
        .unwrap_or("/desk")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_path_of_the_panel_is_returned_to() {
        for path in ["/desk", "/desk/", "/desk/findings/a.b-0", "/desk?role=devops&severity=high", "/desk/threads/a#m1"]
        {
            assert_eq!(return_path(Some(path)), path);
        }
        for path in [
            "",
            "desk",
            "/deskx",
            "//evil.example/desk/",
            "/desk//evil.example",
            "https://evil.example/desk/",
            "/desk/\\evil.example",
            "/desk/../api",
            "/desk/a b",
            "/desk/a\r\nSet-Cookie: x=y",
            "/desk/ç",
            "/desk/session/out",
            "/api/v1/agents/health",
            &format!("/desk/{}", "x".repeat(1024)),
        ] {
            assert_eq!(return_path(Some(path)), "/desk", "{path:?}");
        }
        assert_eq!(return_path(None), "/desk");
    }
}
