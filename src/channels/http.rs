//! What ntfy and the webhook share: one POST request of JSON, and what came of it.

use super::Timeouts;
use super::addresses::address_error;
use super::conversation::{Conversation, Direction, Shown};
use crate::domain::outgoing::Delivery;
use crate::domain::texts::{self, ChannelFault, Language};
use crate::net::client::{Answer, GuardedClient, Post, PostError};
use serde_json::Value;
use std::sync::Arc;
use url::Url;

/// Statuses of 4xx that ask to try again: timeout, too early, too many requests.
const LATER: [u16; 3] = [408, 425, 429];

/// How requests are made.
#[derive(Clone)]
pub(super) struct Http {
    pub client: Arc<GuardedClient>,
    pub timeouts: Timeouts,
    pub language: Language,
}

/// Where requests go, and with what.
pub(super) struct Receiver {
    pub url: Url,
    pub token: Option<String>,
    pub shown: Shown,
}

impl Receiver {
    /// `more` are further credentials that the server may show.
    pub fn new(url: Url, token: Option<String>, more: Option<String>) -> Receiver {
        let path = url[url::Position::BeforePath..].to_string();
        let segments = url.path_segments().into_iter().flatten().filter(|segment| segment.len() >= 8).map(String::from);
        let user = [url.username(), url.password().unwrap_or_default()].map(String::from);
        let path = (path.len() > 1).then_some(path);
        let parts = path.into_iter().chain(segments).chain(url.query().map(String::from)).chain(user);
        let shown = Shown::new(parts.chain(token.clone()).chain(more).collect::<Vec<_>>());
        Receiver { url, token, shown }
    }

    /// Host and port, which may be shown.
    fn host(&self) -> String {
        let port = self.url.port_or_known_default().unwrap_or_default();
        format!("{}:{port}", self.url.host_str().unwrap_or_default())
    }
}

impl Http {
    pub async fn post(&self, receiver: &Receiver, body: &Value, conversation: &Conversation) -> Delivery {
        let body = body.to_string();
        self.trace_request(receiver, &body, conversation);
        let post = Post {
            url: &receiver.url,
            token: receiver.token.as_deref(),
            body,
            connect_timeout: self.timeouts.step,
            timeout: self.timeouts.whole,
        };
        let result = self.client.post(post).await;
        let result = result.map_err(|error| PostError {
            text: error.address.as_ref().map_or(error.text, |of_name| address_error(self.language, of_name)),
            ..error
        });
        let (direction, said) = match &result {
            Ok(answer) => (Direction::Received, format!("HTTP {}\n{}", answer.status, answer.body)),
            Err(error) => (Direction::Happened, error.text.clone()),
        };
        conversation.add(direction, &said, &receiver.shown);
        let shown = |text: String| receiver.shown.answer(&text);
        delivery(&receiver.host(), result, self.language, shown)
    }

    fn trace_request(&self, receiver: &Receiver, body: &str, conversation: &Conversation) {
        let host = receiver.host();
        let said = format!("POST {}://{host}/…\nContent-Type: application/json", receiver.url.scheme());
        conversation.add(Direction::Sent, &said, &receiver.shown);
        if receiver.token.is_some() {
            conversation.add(Direction::Sent, "Authorization: Bearer ***", &receiver.shown);
        }
        conversation.add(Direction::Sent, body, &receiver.shown);
    }
}

fn delivery(
    host: &str,
    result: Result<Answer, PostError>,
    language: Language,
    shown: impl Fn(String) -> String,
) -> Delivery {
    match result {
        Ok(answer) => {
            let text = shown(format!("HTTP {} {}", answer.status, answer.body));
            match answer.status {
                200..300 => Delivery::Accepted(text),
                300..400 => {
                    let fault = ChannelFault::Redirect { status: answer.status };
                    Delivery::NotNow(texts::channel_fault(language, &fault))
                }
                status @ 400..500 if !LATER.contains(&status) => Delivery::Refused(text),
                _ => Delivery::NotNow(text),
            }
        }
        Err(error) if error.may_have_arrived => {
            let fault = ChannelFault::Unanswered { error: shown(error.text) };
            Delivery::Uncertain(texts::channel_fault(language, &fault))
        }
        Err(error) => Delivery::NotNow(shown(format!("{host}: {}", error.text))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16) -> Delivery {
        delivery("h:1", Ok(Answer { status, body: "why".into() }), Language::English, |text| text)
    }

    #[test]
    fn the_status_tells_what_came_of_it() {
        for status in [200, 201, 204, 299] {
            assert_eq!(of(status), Delivery::Accepted(format!("HTTP {status} why")));
        }
        for status in [400, 401, 403, 404, 410, 413, 422] {
            assert_eq!(of(status), Delivery::Refused(format!("HTTP {status} why")));
        }
        for status in [408, 425, 429, 500, 502, 503, 507, 600] {
            assert_eq!(of(status), Delivery::NotNow(format!("HTTP {status} why")));
        }
        for status in [301, 307] {
            let Delivery::NotNow(text) = of(status) else { panic!("{status}") };
            assert!(text.contains("redirect"), "{text}");
        }
    }

    #[test]
    fn only_a_request_that_may_have_arrived_is_uncertain() {
        let lost = |may_have_arrived| {
            let error = PostError { text: "connection reset".into(), address: None, may_have_arrived };
            delivery("h:1", Err(error), Language::English, |text| text)
        };
        assert!(matches!(lost(true), Delivery::Uncertain(_)));
        assert_eq!(lost(false), Delivery::NotNow("h:1: connection reset".into()));
    }

    #[test]
    fn the_parts_of_an_address_are_not_shown() {
        let url = Url::parse("https://u:geheim@hooks.example.com/services/T0123456/B1234567?key=abcdefgh").unwrap();
        let receiver = Receiver::new(url, Some("tok-1".into()), Some("topic-1".into()));
        let said = "no T0123456 at /services/T0123456/B1234567?key=abcdefgh for tok-1 on topic-1, geheim";
        let answer = receiver.shown.answer(said);
        for credential in ["T0123456", "B1234567", "abcdefgh", "tok-1", "topic-1", "geheim"] {
            assert!(!answer.contains(credential), "{credential}: {answer}");
        }
        assert_eq!(receiver.host(), "hooks.example.com:443");
    }
}
