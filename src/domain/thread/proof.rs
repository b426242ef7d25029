//! Whether an Action of the facade proves who wrote, or acknowledged, a Message.

use super::names::{message_name, text_digest};
use crate::api::{Action, Message, MessageAcknowledgement};
use crate::domain::transition::VERB_ACKNOWLEDGE_MESSAGE;
use jiff::Timestamp;

/// Verbs of Actions of Messages that give no command.
pub const VERB_REPLY: &str = "reply";
pub const VERB_CHAT: &str = "chat";
pub const VERB_EXPLAIN: &str = "explain";
/// Parameter of an Action: the name of the Message that it stores.
pub const PARAMETER_MESSAGE: &str = "message";
/// Parameter of an Action: the [`text_digest`] of that Message.
pub const PARAMETER_TEXT: &str = "text-sha256";

/// Whether the Action records that the author wrote this Message: one Action, one Message, whose name follows from it, with this text.
/// Of a command in the text, whatever came of it.
pub fn proves_author(action: &Action, message: &Message) -> bool {
    let (Some(id), Some(name)) = (&action.metadata.name, &message.metadata.name) else { return false };
    action.is_of_facade()
        && action.spec.actor.name == message.spec.author.name
        && action.spec.parameters.get(PARAMETER_MESSAGE) == Some(name)
        && action.spec.parameters.get(PARAMETER_TEXT) == Some(&text_digest(&message.spec.body))
        && *name == message_name(&message.spec.thread, id)
}

/// Whether the Action records this acknowledgement, word for word: of this Message, by this person, with this note, until then, at the
/// time when the Action was created.
pub fn proves_acknowledgement(action: &Action, message: &Message, written: &MessageAcknowledgement) -> bool {
    let (subject, Some(before)) = (&action.spec.subject, &action.spec.before) else { return false };
    let until = action.spec.parameters.get("until").and_then(|until| until.parse::<Timestamp>().ok());
    let created = action.metadata.creation_timestamp.as_ref().map(|at| at.0);
    is_made(action)
        && action.spec.verb == VERB_ACKNOWLEDGE_MESSAGE
        && subject.kind == "Message"
        && Some(&subject.name) == message.metadata.name.as_ref()
        && before.uid == message.metadata.uid
        && action.spec.actor.name == written.by
        && action.spec.parameters.get("note") == written.note.as_ref()
        && until == written.until.as_ref().map(|until| until.0)
        && created.is_some()
        && written.at.as_ref().map(|at| at.0) == created
}

/// The facade recorded it, and it was not refused. The result is written after the change.
fn is_made(action: &Action) -> bool {
    let result = action.status.as_ref().and_then(|status| status.result.as_deref());
    action.is_of_facade() && result.is_none_or(|result| result == "done")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn action(more: Value) -> Action {
        let mut object = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Action",
            "metadata": {"name": "act-1", "creationTimestamp": "2026-01-01T00:00:00Z",
                "annotations": {"agentic.ligbox.io/recorded-by": "facade"}},
            "spec": {"verb": "acknowledge-message", "subject": {"kind": "Message", "name": "m"}, "actor": {"name": "ana", "via": "rest"},
                "parameters": {"note": "n", "until": "2026-01-02T00:00:00Z"}, "before": {"uid": "u"}}});
        json_patch::merge(&mut object, &more);
        serde_json::from_value(object).unwrap()
    }

    fn message(name: &str, more: Value) -> Message {
        let mut object = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Message", "metadata": {"name": name, "uid": "u"},
            "spec": {"thread": "t", "author": {"kind": "person", "name": "ana"}, "body": "b", "acknowledgement":
                {"by": "ana", "note": "n", "at": "2026-01-01T00:00:00Z", "until": "2026-01-02T00:00:00Z"}}});
        json_patch::merge(&mut object, &more);
        serde_json::from_value(object).unwrap()
    }

    #[test]
    fn an_acknowledgement_is_proven_by_the_action_that_says_the_same() {
        let is_proven = |of: Value, written: Value| {
            let message = message("m", json!({"spec": {"acknowledgement": written}}));
            proves_acknowledgement(&action(of), &message, message.spec.acknowledgement.as_ref().unwrap())
        };
        assert!(is_proven(json!({}), json!({})));
        for (of, written) in [
            (json!({"metadata": {"annotations": null}}), json!({})),
            (json!({"spec": {"verb": "reply"}}), json!({})),
            (json!({"spec": {"subject": {"name": "other"}}}), json!({})),
            (json!({"spec": {"before": {"uid": "other"}}}), json!({})),
            (json!({"status": {"result": "refused"}}), json!({})),
            (json!({}), json!({"by": "rui"})),
            (json!({}), json!({"note": "other"})),
            (json!({}), json!({"until": null})),
            (json!({}), json!({"at": "2026-01-01T00:00:01Z"})),
        ] {
            assert!(!is_proven(of.clone(), written.clone()), "{of} {written}");
        }
    }

    #[test]
    fn one_action_proves_the_author_of_one_message() {
        let name = message_name("t", "act-1");
        let recorded =
            json!({"spec": {"verb": "reply", "parameters": {"message": name, "text-sha256": text_digest("b")}}});
        let is_proven = |change: Value, message: &Message| {
            let mut of = serde_json::to_value(action(recorded.clone())).unwrap();
            json_patch::merge(&mut of, &change);
            proves_author(&serde_json::from_value(of).unwrap(), message)
        };
        assert!(is_proven(json!({}), &message(&name, json!({}))));
        // A command that was refused was given all the same.
        assert!(is_proven(
            json!({"spec": {"verb": "run"}, "status": {"result": "refused"}}),
            &message(&name, json!({}))
        ));
        assert!(!is_proven(json!({}), &message("copied", json!({}))));
        assert!(!is_proven(json!({}), &message(&name, json!({"spec": {"body": "another text"}}))));
        assert!(!is_proven(json!({"spec": {"parameters": {"message": null}}}), &message(&name, json!({}))));
        assert!(!is_proven(json!({"spec": {"actor": {"name": "rui"}}}), &message(&name, json!({}))));
        assert!(!is_proven(json!({"metadata": {"annotations": null}}), &message(&name, json!({}))));
    }
}
