//! The daily digest: who gets it, and that nobody gets it twice.

use crate::kit::scratch::Scratch;
use crate::kit::wait::eventually;
use crate::kit::{api, operator, ports};
use agentic_ops::api::{Action, Agent, NoticeState, Scenario};
use agentic_ops::controllers::digest::DigestConfig;
use agentic_ops::domain::notice::digest_content::LineSubject;
use agentic_ops::domain::outgoing::{Delivery, Mail};
use agentic_ops::domain::recurrence::Schedule;
use jiff::{Timestamp, tz};
use kube::api::ListParams;
use kube::{Api, Client, ResourceExt as _};
use serde_json::json;
use std::sync::{Arc, Mutex};

const RECIPIENTS: [&str; 2] = ["ana@example.org", "rui@example.org"];

/// The mails that were sent: recipient, Message-ID and text.
#[derive(Clone, Default)]
struct Sent(Arc<Mutex<Vec<(String, String, String)>>>);

impl Sent {
    fn list(&self) -> Vec<(String, String, String)> {
        self.0.lock().unwrap().clone()
    }

    /// A digest that is due now, whatever the time is. Its text names the Scenarios that are not watched.
    fn config(&self) -> DigestConfig {
        let sent = self.0.clone();
        // Around noon, so that no midnight comes in between.
        let hours = 12 - i64::from(Timestamp::now().to_zoned(tz::TimeZone::UTC).hour());
        let zone = if hours < 0 { format!("Etc/GMT+{}", -hours) } else { format!("Etc/GMT-{hours}") };
        DigestConfig {
            schedule: Schedule::parse("* * * * *", &zone).unwrap(),
            recipients: RECIPIENTS.map(String::from).to_vec(),
            domain: "example.org".into(),
            word: Arc::new(|digest| {
                let names = digest.unwatched.lines.iter().map(|line| match &line.subject {
                    LineSubject::Scenario(name) => name.clone(),
                    LineSubject::Finding { name, .. } => panic!("{name}"),
                });
                let text = names.collect::<Vec<_>>().join(" ");
                let (message_id, subject, html) = (digest.id.clone(), String::new(), String::new());
                Mail { message_id, subject, in_reply_to: None, date: digest.at, text, html }
            }),
            deliver: Arc::new(move |recipient, mail| {
                sent.lock().unwrap().push((recipient, mail.message_id, mail.text));
                Box::pin(async { Delivery::Accepted("250 2.0.0 OK".into()) })
            }),
        }
    }
}

/// Waits until the operator has done some of its work: it has counted the Findings of a new Agent.
async fn working(client: &Client, name: &str) {
    let agents: Api<Agent> = Api::namespaced(client.clone(), api::NAMESPACE);
    let agent = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Agent", "metadata": {"name": name},
        "spec": {"displayName": name, "codename": "one", "tier": "T0"}});
    agents.create(&Default::default(), &serde_json::from_value(agent).unwrap()).await.unwrap();
    eventually("an Agent whose Findings are counted", || async {
        agents.get(name).await.unwrap().status.and_then(|status| status.open_findings)
    })
    .await;
}

async fn actions(client: &Client) -> Vec<Action> {
    let actions: Api<Action> = Api::namespaced(client.clone(), api::NAMESPACE);
    actions.list(&ListParams::default().fields("spec.verb=digest")).await.unwrap().items
}

async fn suspended_scenario(client: &Client) {
    let scenarios: Api<Scenario> = Api::namespaced(client.clone(), api::NAMESPACE);
    let scenario = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Scenario", "metadata": {"name": "shop"},
        "spec": {"title": "Loja", "agent": "pulso", "severity": "high", "suspend": true,
            "probes": [{"name": "web", "http": {"url": "http://127.0.0.1:9/"}}]}});
    scenarios.create(&Default::default(), &serde_json::from_value(scenario).unwrap()).await.unwrap();
    eventually("a status of the Scenario", || async { scenarios.get("shop").await.unwrap().status?.health }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_digest_is_sent_once_to_each_recipient_and_none_where_there_is_nothing_to_tell() {
    let scratch = Scratch::new("digest");
    let server = api::embedded(&scratch.0, ports::any()).await;
    let client = api::client(&server.kubeconfig_path).await;
    let sent = Sent::default();

    let first = operator::start_with_digest(client.clone(), api::NAMESPACE, sent.config());
    working(&client, "first").await;
    assert_eq!((actions(&client).await, sent.list()), (vec![], vec![]));
    suspended_scenario(&client).await;
    first.shutdown().await;

    let second = operator::start_with_digest(client.clone(), api::NAMESPACE, sent.config());
    let action = eventually("the Action of the digest with a result", || async {
        let mut actions = actions(&client).await;
        let action = actions.pop()?;
        action.status.as_ref()?.result.is_some().then_some(action)
    })
    .await;
    let status = action.status.clone().unwrap();
    assert_eq!(status.result.as_deref(), Some("done"));
    assert_eq!((action.spec.actor.name.as_str(), action.spec.actor.via.as_str()), ("maestro", "agent"));
    let mails = sent.list();
    assert_eq!(mails.len(), 2, "{mails:?}");
    for (notice, (recipient, (to, id, text))) in status.notices.iter().zip(RECIPIENTS.iter().zip(&mails)) {
        assert_eq!((notice.recipient.as_str(), to.as_str(), text.as_str()), (*recipient, *recipient, "shop"));
        assert_eq!((notice.state, notice.attempts, &notice.message_id), (NoticeState::Sent, 1, id));
        assert_eq!(notice.message.as_deref(), Some("250 2.0.0 OK"));
    }
    assert_eq!(action.name_any(), mails[0].1[.."digest-2026-01-01".len()]);
    second.shutdown().await;

    let third = operator::start_with_digest(client.clone(), api::NAMESPACE, sent.config());
    working(&client, "third").await;
    assert_eq!(sent.list(), mails);
    let found = actions(&client).await;
    assert_eq!((found.len(), found[0].resource_version()), (1, action.resource_version()), "it was written again");
    third.shutdown().await;
}
