use super::*;
use crate::views::testing::{ApiServer, NAMESPACE};
use serde_json::json;

/// Pending Messages, each with a severity and the second at which it was written.
fn server(messages: &[(&str, Severity, u32)]) -> std::sync::Arc<ApiServer> {
    let server = ApiServer::new();
    for (name, severity, second) in messages {
        let spec = json!({"thread": format!("t-{name}"), "author": {"kind": "agent", "name": "x"}, "body": "b",
            "severity": severity, "needsAck": true});
        let metadata = json!({"name": name, "namespace": NAMESPACE,
            "creationTimestamp": format!("2026-01-01T00:00:{second:02}Z")});
        server.put(
            "messages",
            json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Message", "metadata": metadata,
            "spec": spec}),
        );
    }
    server
}

#[test]
fn the_first_are_the_most_serious_and_oldest_and_that_of_the_thread_that_is_open() {
    let server = server(&[
        ("a", Severity::Low, 1),
        ("b", Severity::Critical, 9),
        ("c", Severity::Critical, 5),
        ("d", Severity::High, 0),
        ("e", Severity::Critical, 5),
    ]);
    let names = |most, with| {
        let reader = Reader { name: "ana", roles: &[] };
        let view = server.resources.pending(reader, &InboxFilter::default(), First { most, with }).unwrap();
        assert_eq!(view.total, 5);
        view.items.iter().map(|item| item.message.id.as_str()).collect::<String>()
    };
    assert_eq!(names(9, None), "cebda");
    assert_eq!((names(3, None), names(3, Some("t-e"))), ("ceb".into(), "ceb".into()));
    assert_eq!((names(3, Some("t-a")), names(3, Some("t-none"))), ("cea".into(), "ceb".into()));
    assert_eq!(names(0, Some("t-a")), "");
}
