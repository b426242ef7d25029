//! ntfy: a message is published as JSON to the base URL, so that the topic is in no address.

use super::NtfyConfig;
use super::conversation::Conversation;
use super::http::{Http, Receiver};
use crate::domain::outgoing::{Delivery, Push};
use crate::domain::printable::one_line;
use serde_json::{Value, json};

/// Most bytes of a message: ntfy makes an attachment of a longer one.
const BODY_MAX: usize = 4096;
/// Most bytes of a title, which phones cut anyway.
const TITLE_MAX: usize = 250;
/// Most actions of a message.
const LINKS_MAX: usize = 3;

/// A topic at a server.
pub(super) struct Ntfy {
    receiver: Receiver,
    topic: String,
    http: Http,
}

impl Ntfy {
    pub fn new(config: NtfyConfig, http: Http) -> Ntfy {
        let NtfyConfig { base_url, topic, token } = config;
        Ntfy { receiver: Receiver::new(base_url, token, Some(topic.clone())), topic, http }
    }

    pub async fn send(&self, push: &Push, conversation: &Conversation) -> Delivery {
        self.http.post(&self.receiver, &body(&self.topic, push), conversation).await
    }
}

/// As <https://docs.ntfy.sh/publish/#publish-as-json> describes it.
fn body(topic: &str, push: &Push) -> Value {
    let mut body = json!({
        "topic": topic,
        "title": cut(&one_line(&push.title), TITLE_MAX),
        "message": cut(&push.body, BODY_MAX),
        "priority": push.priority.clamp(1, 5),
        "tags": push.tags,
    });
    if let Some(click) = &push.click {
        body["click"] = click.as_str().into();
    }
    if !push.links.is_empty() {
        let view = |link: &crate::domain::outgoing::Link| json!({"action": "view", "label": one_line(&link.label), "url": link.url});
        body["actions"] = push.links.iter().take(LINKS_MAX).map(view).collect();
    }
    body
}

fn cut(text: &str, max: usize) -> String {
    if text.len() <= max {
        return text.to_string();
    }
    let end = text.floor_char_boundary(max - '…'.len_utf8());
    format!("{}…", &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::outgoing::Link;

    #[test]
    fn a_message_is_published_as_json() {
        let link = Link { label: "Runbook".into(), url: "https://r".into() };
        let push = Push {
            title: "two\nlines".into(),
            body: "é".repeat(4000),
            priority: 9,
            tags: vec!["warning".into()],
            click: Some("https://d".into()),
            links: vec![link; 4],
        };
        let body = body("t", &push);
        assert_eq!((&body["topic"], &body["priority"]), (&json!("t"), &json!(5)));
        assert_eq!(body["title"], json!("two\u{fffd}lines"));
        let message = body["message"].as_str().unwrap();
        assert!(message.len() <= BODY_MAX && message.ends_with("é…"), "{}", message.len());
        assert_eq!(body["actions"].as_array().unwrap().len(), LINKS_MAX);
        assert_eq!(body["actions"][0], json!({"action": "view", "label": "Runbook", "url": "https://r"}));
        assert_eq!((&body["tags"], &body["click"]), (&json!(["warning"]), &json!("https://d")));
    }

    #[test]
    fn what_a_message_lacks_is_left_out() {
        let push = Push {
            title: String::new(),
            body: "x".into(),
            priority: 0,
            tags: Vec::new(),
            click: None,
            links: Vec::new(),
        };
        let body = body("t", &push);
        assert!(body.get("click").is_none() && body.get("actions").is_none());
        assert_eq!(body["priority"], json!(1));
    }
}
