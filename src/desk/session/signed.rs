//! A session as its cookie has it, signed.

use crate::api::Role;
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Longest session.
const LONGEST: SignedDuration = SignedDuration::from_hours(12);
/// Longest session of a token that does not say when it expires.
const LONGEST_UNKNOWN: SignedDuration = SignedDuration::from_hours(1);
/// Of HMAC-SHA256.
const MAC_BYTES: usize = 32;
/// Longest value of a cookie, in bytes.
const VALUE_MAX: usize = 3072;

/// Who is signed in, and for how long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    #[serde(rename = "n")]
    pub name: String,
    #[serde(rename = "r")]
    pub roles: Vec<Role>,
    /// When it began, in Unix seconds.
    #[serde(rename = "b")]
    pub began: i64,
    /// When it ends, in Unix seconds.
    #[serde(rename = "e")]
    pub ends: i64,
}

impl Session {
    /// One that begins now, and ends no later than the token with which it begins. `None` where that has expired.
    pub fn begin(name: String, roles: Vec<Role>, expires: Option<Timestamp>, now: Timestamp) -> Option<Session> {
        let longest = if expires.is_some() { LONGEST } else { LONGEST_UNKNOWN };
        let ends = (now.as_second() + longest.as_secs()).min(expires.map_or(i64::MAX, Timestamp::as_second));
        (ends > now.as_second()).then_some(Session { name, roles, began: now.as_second(), ends })
    }

    fn is_over(&self, now: Timestamp) -> bool {
        self.ends <= now.as_second()
    }

    /// For how long the browser is to keep the cookie, in seconds.
    pub fn seconds_left(&self, now: Timestamp) -> i64 {
        (self.ends - now.as_second()).max(0)
    }
}

/// Signs and verifies sessions.
pub struct Sessions {
    key: hmac::Key,
    cookie: String,
}

impl Sessions {
    /// `instance` tells instances with one secret apart: a session of one is none of another.
    pub fn new(secret: &[u8], instance: &str) -> Sessions {
        let of_secret = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let derived = hmac::sign(&of_secret, format!("desk session {instance}").as_bytes());
        let key = hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref());
        let name = hmac::sign(&key, b"cookie name");
        let digits: String = name.as_ref().iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        Sessions { key, cookie: format!("desk-{digits}") }
    }

    /// The name of its cookie, which is that of no other instance on the same host.
    pub fn cookie(&self) -> &str {
        &self.cookie
    }

    /// The value of the cookie.
    pub fn seal(&self, session: &Session) -> String {
        let payload = URL_SAFE_NO_PAD.encode(serde_json::to_vec(session).unwrap_or_default());
        format!("{payload}.{}", self.mac(&["session", &payload]))
    }

    /// The session in the value of a cookie, if it is one of this instance and has not ended.
    pub fn open(&self, value: &str, now: Timestamp) -> Option<Session> {
        let (payload, mac) = value.split_once('.').filter(|_| value.len() <= VALUE_MAX)?;
        if !self.is_mac(&["session", payload], mac) {
            return None;
        }
        let session: Session = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
        (!session.is_over(now)).then_some(session)
    }

    /// What the forms of a session carry, which no other page knows. It looks different each time, so that the length of a compressed page
    /// tells nothing of it.
    pub fn csrf(&self, session: &Session) -> String {
        let mut pad = [0; MAC_BYTES];
        // Where there is no randomness, it looks the same.
        let _ = aws_lc_rs::rand::fill(&mut pad);
        let mac = self.sign(&csrf_parts(session));
        let masked = mac.as_ref().iter().zip(pad).map(|(byte, pad)| byte ^ pad);
        URL_SAFE_NO_PAD.encode(pad.into_iter().chain(masked).collect::<Vec<_>>())
    }

    pub fn is_csrf(&self, session: &Session, given: &str) -> bool {
        let given = URL_SAFE_NO_PAD.decode(given).unwrap_or_default();
        let Some((pad, masked)) = given.split_at_checked(MAC_BYTES) else { return false };
        let mac: Vec<u8> = masked.iter().zip(pad).map(|(byte, pad)| byte ^ pad).collect();
        masked.len() == MAC_BYTES && hmac::verify(&self.key, csrf_parts(session).as_bytes(), &mac).is_ok()
    }

    fn sign(&self, text: &str) -> hmac::Tag {
        hmac::sign(&self.key, text.as_bytes())
    }

    fn mac(&self, parts: &[&str]) -> String {
        URL_SAFE_NO_PAD.encode(self.sign(&parts.join("\n")))
    }

    fn is_mac(&self, parts: &[&str], given: &str) -> bool {
        let Ok(given) = URL_SAFE_NO_PAD.decode(given) else { return false };
        hmac::verify(&self.key, parts.join("\n").as_bytes(), &given).is_ok()
    }
}

/// What the token of the forms signs.
fn csrf_parts(session: &Session) -> String {
    ["csrf", &session.name, &session.began.to_string(), &session.ends.to_string()].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn session(expires: Option<i64>) -> Option<Session> {
        Session::begin("ana".into(), vec![Role::Devops], expires.map(at), at(1000))
    }

    #[test]
    fn a_session_never_outlives_its_token() {
        for (expires, ends) in [
            (Some(1600), Some(1600)),
            (Some(1000), None),
            (Some(900), None),
            (Some(1_000_000), Some(1000 + 12 * 3600)),
            (None, Some(1000 + 3600)),
        ] {
            assert_eq!(session(expires).map(|session| session.ends), ends, "{expires:?}");
        }
    }

    #[test]
    fn only_what_was_signed_here_is_a_session_until_it_ends() {
        let sessions = Sessions::new(b"a secret", "8180");
        let session = session(Some(1600)).unwrap();
        let value = sessions.seal(&session);
        assert_eq!(sessions.open(&value, at(1599)).as_ref(), Some(&session));
        assert_eq!(sessions.open(&value, at(1600)), None);
        let (payload, mac) = value.split_once('.').unwrap();
        let mut raised = session.clone();
        raised.roles = vec![Role::SuperAdmin];
        let forged = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&raised).unwrap());
        for other in [
            String::new(),
            ".".into(),
            payload.to_string(),
            format!("{payload}."),
            format!("{payload}.{}", URL_SAFE_NO_PAD.encode([0; 32])),
            format!("{forged}.{mac}"),
            format!("{payload}.{}", sessions.csrf(&session)),
            Sessions::new(b"another secret", "8180").seal(&session),
            Sessions::new(b"a secret", "8192").seal(&session),
        ] {
            assert_eq!(sessions.open(&other, at(1001)), None, "{other}");
        }
    }

    #[test]
    fn two_instances_of_a_host_have_cookies_of_their_own_and_replicas_share_one() {
        let name = |secret: &[u8], instance| Sessions::new(secret, instance).cookie().to_string();
        assert_eq!(name(b"s", "a"), name(b"s", "a"));
        assert_ne!(name(b"s", "a"), name(b"s", "b"));
        assert_ne!(name(b"s", "a"), name(b"t", "a"));
    }

    #[test]
    fn the_token_of_forms_is_that_of_one_session() {
        let sessions = Sessions::new(b"a secret", "");
        let first = session(Some(1600)).unwrap();
        let token = sessions.csrf(&first);
        assert!(sessions.is_csrf(&first, &token) && !sessions.is_csrf(&first, "") && !sessions.is_csrf(&first, "x"));
        // It looks different each time, and is whole.
        assert_ne!(token, sessions.csrf(&first));
        for cut in [token.len() / 2, token.len() - 2] {
            assert!(!sessions.is_csrf(&first, &token[..cut]), "{cut}");
        }
        assert!(!sessions.is_csrf(&first, &format!("{token}AAAA")));
        for other in [Session { began: 1001, ..first.clone() }, Session { name: "rui".into(), ..first.clone() }] {
            assert!(!sessions.is_csrf(&other, &token), "{other:?}");
        }
    }
}
