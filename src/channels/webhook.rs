//! A receiver of Alertmanager's webhooks. The body is made where the message is worded.

use super::WebhookConfig;
use super::conversation::Conversation;
use super::http::{Http, Receiver};
use crate::domain::outgoing::Delivery;
use serde_json::Value;

/// A receiver.
pub(super) struct Webhook {
    receiver: Receiver,
    http: Http,
}

impl Webhook {
    pub fn new(config: WebhookConfig, http: Http) -> Webhook {
        Webhook { receiver: Receiver::new(config.url, config.token, None), http }
    }

    pub async fn send(&self, body: &Value, conversation: &Conversation) -> Delivery {
        self.http.post(&self.receiver, body, conversation).await
    }
}
