//! The URL of a mail server.

use percent_encoding::percent_decode_str;
use url::Url;

/// How the connection to a mail server is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpTls {
    /// TLS from the first byte (`smtps://`).
    Implicit,
    /// STARTTLS, without which nothing is sent.
    Required,
    /// STARTTLS where the server offers it.
    Opportunistic,
    None,
}

/// Where mail is handed over, and as whom.
#[derive(Clone, PartialEq, Eq)]
pub struct SmtpUrl {
    /// Host name, or IP address without brackets.
    pub host: String,
    pub port: u16,
    pub tls: SmtpTls,
    /// User name and password.
    pub credentials: Option<(String, String)>,
}

impl std::fmt::Debug for SmtpUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{} ({:?})", self.host, self.port, self.tls)
    }
}

impl SmtpUrl {
    /// Host and port, which may be shown.
    pub fn server(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// `smtp://user:password@host:port?tls=required|opportunistic|none` or `smtps://…`. User and password are percent-encoded. The
    /// port defaults to 587, of `smtps` to 465, and with `tls=none` to 25. The error says what it should be and repeats nothing of the value.
    pub fn parse(text: &str) -> Result<SmtpUrl, String> {
        let should = |what: &str| format!("should be smtp://user:password@host:port?tls=required: {what}");
        let url = Url::parse(text).map_err(|error| should(&error.to_string()))?;
        let is_smtps = match url.scheme() {
            "smtp" => false,
            "smtps" => true,
            _ => return Err(should("the scheme is smtp or smtps")),
        };
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| should("it has no host"))?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_string();
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(should("it has no path and no fragment"));
        }
        let mut tls = if is_smtps { SmtpTls::Implicit } else { SmtpTls::Required };
        for (name, value) in url.query_pairs() {
            tls = match (&*name, &*value) {
                ("tls", "required") => tls,
                ("tls", "opportunistic") if !is_smtps => SmtpTls::Opportunistic,
                ("tls", "none") if !is_smtps => SmtpTls::None,
                _ => return Err(should("its only parameter is tls=required, opportunistic or none")),
            };
        }
        let decoded = |text: &str| {
            percent_decode_str(text).decode_utf8().map(String::from).map_err(|_| should("user and password are UTF-8"))
        };
        let credentials = match (url.username(), url.password()) {
            ("", None) => None,
            (user, Some(password)) if !user.is_empty() => Some((decoded(user)?, decoded(password)?)),
            _ => return Err(should("user and password come together")),
        };
        let port = url.port().unwrap_or(match tls {
            SmtpTls::Implicit => 465,
            SmtpTls::None => 25,
            SmtpTls::Required | SmtpTls::Opportunistic => 587,
        });
        Ok(SmtpUrl { host, port, tls, credentials })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_server_encryption_and_credentials() {
        let parse = |text: &str| SmtpUrl::parse(text).unwrap();
        let full = parse("smtp://ana%40x:p%3Aw@mail.example.com:2525?tls=opportunistic");
        assert_eq!((full.host.as_str(), full.port, full.tls), ("mail.example.com", 2525, SmtpTls::Opportunistic));
        assert_eq!(full.credentials, Some(("ana@x".into(), "p:w".into())));
        let of = |text: &str| (parse(text).port, parse(text).tls);
        assert_eq!(of("smtp://h"), (587, SmtpTls::Required));
        assert_eq!(of("smtp://h/?tls=required"), (587, SmtpTls::Required));
        assert_eq!(of("smtp://h?tls=none"), (25, SmtpTls::None));
        assert_eq!(of("smtps://h"), (465, SmtpTls::Implicit));
        assert_eq!(
            (parse("smtp://[::1]:25").host, parse("smtp://[::1]:25").server()),
            ("::1".into(), "[::1]:25".into())
        );
    }

    #[test]
    fn what_is_none_is_refused_without_its_password() {
        let wrong = [
            "mail.example.com:25",
            "http://u:geheim@h",
            "smtp://",
            "smtp://u:geheim@h/x",
            "smtp://u:geheim@h?tls=maybe",
            "smtps://u:geheim@h?tls=none",
            "smtp://u@h",
            "smtp://u:geheim@h?user=x",
            "smtp://u:geheim@h:99999",
        ];
        for text in wrong {
            let error = SmtpUrl::parse(text).unwrap_err();
            assert!(error.starts_with("should be smtp://") && !error.contains("geheim"), "{text}: {error}");
        }
    }
}
