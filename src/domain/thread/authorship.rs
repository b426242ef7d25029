//! Who wrote a Message: whether one whose author is an Agent is of the operator, or was made by hand.

use crate::api::{AuthorKind, Message, OPERATOR_FIELD_MANAGER, RECORDED_BY, RECORDED_BY_OPERATOR};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ManagedFieldsEntry;

/// Whether the operator wrote the Message for an Agent. Only those count as the story of a Finding, and as answers.
pub fn is_own(message: &Message) -> bool {
    message.spec.author.kind == AuthorKind::Agent && (is_marked(message) || is_recorded_without_mark(message))
}

/// Whether it has the annotation of the operator, which other clients of a protected API server can't write.
pub fn is_marked(message: &Message) -> bool {
    let annotations = message.metadata.annotations.as_ref();
    annotations.and_then(|all| all.get(RECORDED_BY)).is_some_and(|value| value == RECORDED_BY_OPERATOR)
}

/// Messages that were recorded before there was a mark. One by hand has a manager in its status.
fn is_recorded_without_mark(message: &Message) -> bool {
    let is_recorded =
        message.status.as_ref().is_some_and(|status| status.sequence.is_some() && status.manager.is_none());
    is_recorded && creator(message) == Some(OPERATOR_FIELD_MANAGER)
}

/// The field manager that created a Message. Clients choose it freely.
pub fn creator(message: &Message) -> Option<&str> {
    creator_entry(message)?.manager.as_deref()
}

/// The managed fields of the one that created a Message: the oldest of those that own its author, which is immutable. A cache may have
/// left out which fields they own.
pub fn creator_entry(message: &Message) -> Option<&ManagedFieldsEntry> {
    let owns_author = |entry: &&ManagedFieldsEntry| {
        let fields = entry.fields_v1.as_ref().map(|fields| &fields.0);
        fields.is_none_or(|fields| fields.get("f:spec").is_some_and(|spec| spec.get("f:author").is_some()))
    };
    let all = message.metadata.managed_fields.iter().flatten();
    let owners = all.filter(|entry| entry.subresource.is_none());
    owners.filter(owns_author).min_by_key(|entry| entry.time.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn message(more: Value) -> Message {
        let mut object = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Message", "metadata": {"name": "m"},
            "spec": {"thread": "t", "author": {"kind": "agent", "name": "vigia"}, "body": "b", "reason": "Opened"}});
        json_patch::merge(&mut object, &more);
        serde_json::from_value(object).unwrap()
    }

    fn entry(manager: &str, second: i64, fields: &Value) -> Value {
        let time = jiff::Timestamp::from_second(second).unwrap().to_string();
        json!({"manager": manager, "operation": "Update", "time": time, "fieldsType": "FieldsV1", "fieldsV1": fields})
    }

    #[test]
    fn a_message_of_an_agent_is_of_the_operator_only_with_its_mark() {
        let mark = json!({"metadata": {"annotations": {"agentic.ligbox.io/recorded-by": "operator"}}});
        assert!(is_own(&message(mark.clone())));
        let of_a_person = message(json!({"spec": {"author": {"kind": "person"}}, "metadata": mark["metadata"]}));
        assert!(!is_own(&of_a_person));
        let by_the_name = entry(OPERATOR_FIELD_MANAGER, 1, &json!({"f:spec": {"f:author": {}}}));
        assert!(!is_own(&message(json!({"metadata": {"managedFields": [by_the_name]}}))), "the name is chosen freely");
        for value in ["facade", ""] {
            let other = json!({"metadata": {"annotations": {"agentic.ligbox.io/recorded-by": value}}});
            assert!(!is_own(&message(other)), "{value}");
        }
    }

    #[test]
    fn what_was_recorded_before_there_was_a_mark_is_of_the_operator() {
        let of = |manager: &str, status: Value| {
            let entry = entry(manager, 1, &json!({"f:spec": {"f:author": {}}}));
            is_own(&message(json!({"metadata": {"managedFields": [entry]}, "status": status})))
        };
        assert!(of(OPERATOR_FIELD_MANAGER, json!({"sequence": 1})));
        assert!(!of(OPERATOR_FIELD_MANAGER, json!({"sequence": 1, "manager": OPERATOR_FIELD_MANAGER})));
        assert!(!of(OPERATOR_FIELD_MANAGER, json!({})));
        assert!(!of("kubectl-create", json!({"sequence": 1})));
    }

    #[test]
    fn the_creator_is_the_first_that_owns_the_author() {
        let author = json!({"f:spec": {"f:author": {}, "f:body": {}}});
        let acknowledgement = json!({"f:spec": {"f:acknowledgement": {}}});
        let mut of_status = entry("operator", 0, &json!({"f:status": {}}));
        of_status["subresource"] = json!("status");
        let entries = json!([
            of_status,
            entry("facade", 1, &acknowledgement),
            entry("kubectl", 1, &author),
            entry("apply", 2, &author)
        ]);
        let stored = message(json!({"metadata": {"managedFields": entries}}));
        assert_eq!(creator(&stored), Some("kubectl"));
        let trimmed = json!({"manager": "kubectl", "operation": "Update"});
        assert_eq!(creator(&message(json!({"metadata": {"managedFields": [trimmed]}}))), Some("kubectl"));
        assert_eq!(creator(&message(json!({}))), None);
    }
}
