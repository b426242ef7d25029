use crate::api::{Health, RUN_REQUESTED_AT, Role};
use crate::commands::{
    Acknowledge, Caller, Command as _, CommandError, CommandRate, Context, Interface, NOTE_MAX, Note, ProcessId,
    RequestId, RequestRun, RunProgress, Scheduler, look_up_run, scheduler_is_elsewhere, tick,
};
use crate::domain::redact::Source;
use crate::domain::refusal::Refusal;
use crate::runtime::write::WriteError;
use crate::views::testing::{ApiServer, client};
use crate::views::{FindingPhase, TickResultView, TickView};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

pub fn server() -> Arc<ApiServer> {
    let server = ApiServer::new();
    let status = |phase: &str| json!({"phase": phase, "severity": "high", "agent": "pulso", "occurrences": 2});
    server.add_finding("open", status("Open"));
    server.add_finding("resolved", status("Resolved"));
    server.add_scenario("desk.api.health", false, "True");
    server.add_scenario("suspended", true, "True");
    server.add_scenario("not-ready", false, "False");
    server
}

pub fn context(server: &Arc<ApiServer>, name: &str, role: Role, interface: Interface) -> Context {
    let caller = Caller { name: name.into(), roles: vec![role], interface };
    Context {
        client: client(server.clone()),
        resources: server.resources.clone(),
        caller,
        request: RequestId::unique(),
        process: ProcessId::new(Some("pod-a")),
        rate: Arc::new(CommandRate::new(60)),
        joined: Arc::default(),
        metrics: Arc::default(),
        secrets: Default::default(),
    }
}

pub fn lead(server: &Arc<ApiServer>) -> Context {
    context(server, "ana", Role::OpsLead, Interface::Desk)
}

async fn acknowledge(context: &Context, finding: &str, note: &str) -> Result<FindingPhase, CommandError> {
    let command = Acknowledge::new(&context.resources, finding, Note::parse(note)?)?;
    let context = Context { request: RequestId::unique(), ..context.clone() };
    Ok(command.execute(&context, None, &|_| None).await?.phase.unwrap())
}

async fn run(context: &Context, scenario: &str, wait: Duration) -> Result<RunProgress, CommandError> {
    let context = Context { request: RequestId::unique(), ..context.clone() };
    RequestRun { scenario: scenario.into(), wait }.execute(&context, None, &|_| None).await
}

fn recorded(server: &ApiServer) -> Vec<(Value, Value)> {
    let of = |action: &Value| (action["spec"]["verb"].clone(), action["status"]["result"].clone());
    server.actions().iter().map(of).collect()
}

#[tokio::test]
async fn a_note_and_its_action_show_no_secret() {
    let server = server();
    let context = lead(&server);
    context.secrets.set(Source::Program, ["hunter22-value".to_string()]);
    acknowledge(&context, "open", "it said hunter22-value").await.unwrap();
    assert_eq!(server.actions()[0]["spec"]["parameters"]["note"], "it said ***");
    let key = ("findings".to_string(), "open".to_string());
    assert_eq!(server.cluster(|c| c.objects[&key]["spec"]["acknowledgement"]["note"].clone()), "it said ***");
}

#[test]
fn a_note_is_neither_blank_nor_too_long() {
    assert_eq!(Note::parse(" \n").unwrap(), None);
    assert_eq!(Note::parse("known").unwrap().unwrap().as_str(), "known");
    assert!(Note::parse(&"x".repeat(NOTE_MAX)).unwrap().is_some());
    let error = Note::parse(&"x".repeat(NOTE_MAX + 1)).unwrap_err();
    assert!(matches!(&error, CommandError::Invalid { field, .. } if field == "note"), "{error:?}");
}

#[tokio::test]
async fn an_acknowledgement_is_recorded_with_the_callers_interface() {
    let server = server();
    for (interface, via) in [
        (Interface::Rest, "rest"),
        (Interface::Desk, "desk"),
        (Interface::Agent, "agent"),
        (Interface::Mail, "mail"),
        (Interface::Kubectl, "kubectl"),
    ] {
        server.cluster(|c| c.objects.retain(|(plural, _), _| plural != "actions"));
        server.add_finding("open", json!({"phase": "Open"}));
        let context = context(&server, "ana", Role::Seo, interface);
        assert_eq!(acknowledge(&context, "open", "known").await, Ok(FindingPhase::Acknowledged));
        let action = &server.actions()[0];
        assert_eq!(action["spec"]["actor"], json!({"name": "ana", "roles": ["seo"], "via": via}));
        assert_eq!(action["spec"]["subject"], json!({"kind": "Finding", "name": "open"}));
        assert_eq!(action["spec"]["parameters"], json!({"note": "known"}));
        assert_eq!(action["status"]["result"], "done");
    }
}

#[tokio::test]
async fn what_was_refused_is_recorded_with_the_reason_and_what_does_not_exist_is_not() {
    let server = server();
    let context = lead(&server);
    let error = acknowledge(&context, "resolved", "").await.unwrap_err();
    assert!(matches!(error, CommandError::Conflict(_)), "{error:?}");
    let action = &server.actions()[0];
    assert_eq!(
        (&action["status"]["result"], &action["status"]["message"]),
        (&json!("refused"), &json!(error.to_string()))
    );
    server.cluster(|c| (c.requests.clear(), c.objects.retain(|(plural, _), _| plural != "actions")));
    let error = acknowledge(&context, "none", "").await.unwrap_err();
    assert!(matches!(error, CommandError::NotFound(_)), "{error:?}");
    assert!(server.cluster(|c| c.requests.is_empty()), "the API server gets no request for such a name");
    // Deleted after the command was checked.
    let command = Acknowledge::new(&context.resources, "open", None).unwrap();
    server.cluster(|c| c.objects.clear());
    let error = command.execute(&context, None, &|_| None).await.unwrap_err();
    assert!(matches!(error, CommandError::NotFound(_)), "{error:?}");
    assert!(server.actions().is_empty());
}

#[tokio::test]
async fn a_run_waits_for_its_results() {
    let server = server();
    let context = lead(&server);
    server.cluster(|c| c.answers_runs = true);
    let RunProgress::Finished(view) = run(&context, "desk.api.health", Duration::from_secs(30)).await.unwrap() else {
        panic!("not finished");
    };
    assert_eq!((view.scenario_id.as_str(), view.health), ("desk.api.health", Some(Health::Healthy)));
    assert_eq!((view.checks[0].name.as_str(), view.opened.as_slice()), ("api", ["f-1".to_string()].as_slice()));
    assert_eq!(recorded(&server), [(json!("run"), json!("done"))]);
}

#[tokio::test]
async fn a_run_that_takes_longer_is_looked_up_by_its_time() {
    let server = server();
    let context = lead(&server);
    let RunProgress::Pending { requested_at } = run(&context, "desk.api.health", Duration::ZERO).await.unwrap() else {
        panic!("finished");
    };
    let key = ("scenarios".to_string(), "desk.api.health".to_string());
    let annotation = server.cluster(|c| c.objects[&key]["metadata"]["annotations"][RUN_REQUESTED_AT].clone());
    assert_eq!(annotation, requested_at.to_string());
    assert_eq!(server.actions()[0]["spec"]["parameters"]["requested_at"], annotation);
    let look_up = |at: Timestamp| look_up_run(&server.resources, &context.caller, "desk.api.health", at);
    assert_eq!(look_up(requested_at), Ok(RunProgress::Pending { requested_at }));
    server.cluster(|c| c.answers_runs = true);
    run(&context, "desk.api.health", Duration::from_secs(30)).await.unwrap();
    assert!(matches!(look_up(requested_at), Ok(RunProgress::Finished(_))));
}

#[tokio::test]
async fn only_the_run_roles_run_and_only_what_can_run() {
    let server = server();
    for role in Role::ALL {
        let context = context(&server, "ana", role, Interface::Mail);
        let result = run(&context, "desk.api.health", Duration::ZERO).await;
        let look_up = look_up_run(&server.resources, &context.caller, "desk.api.health", Timestamp::UNIX_EPOCH);
        for error in [result.err(), look_up.err()] {
            assert_eq!(matches!(error, Some(CommandError::Forbidden(_))), !role.may_run(), "{role:?} {error:?}");
        }
    }
    let context = lead(&server);
    server.cluster(|c| c.objects.retain(|(plural, _), _| plural != "actions"));
    for (name, text) in [("suspended", "suspended"), ("not-ready", "no such probe")] {
        let error = run(&context, name, Duration::ZERO).await.unwrap_err();
        assert!(matches!(&error, CommandError::Conflict(_) if error.to_string().contains(text)), "{error:?}");
        let error = look_up_run(&server.resources, &context.caller, name, Timestamp::UNIX_EPOCH).unwrap_err();
        assert!(matches!(&error, CommandError::Conflict(_) if error.to_string().contains(text)), "{error:?}");
    }
    assert_eq!(recorded(&server), [(json!("run"), json!("refused")), (json!("run"), json!("refused"))]);
    assert!(matches!(run(&context, "none", Duration::ZERO).await, Err(CommandError::NotFound(_))));
    assert_eq!(server.actions().len(), 2, "what does not exist is not recorded");
}

#[tokio::test]
async fn a_person_who_gave_too_many_commands_has_to_wait_and_nothing_is_done() {
    let server = server();
    let context = Context { rate: Arc::new(CommandRate::new(2)), ..lead(&server) };
    for _ in 0..2 {
        assert_eq!(acknowledge(&context, "open", "").await, Ok(FindingPhase::Acknowledged));
    }
    server.cluster(|c| c.requests.clear());
    let refused = [
        acknowledge(&context, "open", "").await.unwrap_err(),
        run(&context, "desk.api.health", Duration::ZERO).await.unwrap_err(),
    ];
    for error in refused {
        let CommandError::TooMany { retry_after } = error else { panic!("{error:?}") };
        assert!(retry_after > Duration::ZERO && retry_after <= Duration::from_secs(60), "{retry_after:?}");
        assert_eq!(retry_after.subsec_nanos(), 0);
    }
    assert!(server.cluster(|c| c.requests.is_empty()), "the API server gets no request");
    assert_eq!(server.actions().len(), 2);
    let metric = "agentic_ops_limit_reached_total{limit=\"actions_per_minute\"} 2";
    assert!(context.metrics.encode().contains(metric), "{}", context.metrics.encode());
    // What does not exist is no command, and others are not concerned.
    assert!(matches!(run(&context, "none", Duration::ZERO).await, Err(CommandError::NotFound(_))));
    let caller = Caller { name: "rui".into(), ..context.caller.clone() };
    assert!(acknowledge(&Context { caller, ..context }, "open", "").await.is_ok());
}

#[test]
fn each_error_of_a_write_is_a_command_error() {
    let api = |code: u16, reason: &str, message: &str| {
        let status = kube::core::Status { code, reason: reason.into(), message: message.into(), ..Default::default() };
        WriteError::from(kube::Error::Api(Box::new(status)))
    };
    let later = |error: &CommandError| matches!(error, CommandError::Unavailable { retry_after, .. } if *retry_after == Duration::from_secs(5));
    let conflict = |error: &CommandError| matches!(error, CommandError::Conflict(_));
    let gone = |error: &CommandError| matches!(error, CommandError::NotFound(_));
    let rejected = |error: &CommandError| {
        *error == CommandError::Rejected(Refusal::RejectedByApi { message: "spec.title: too long".into() })
    };
    type Expected<'a> = &'a dyn Fn(&CommandError) -> bool;
    let cases: [(WriteError, Expected<'_>); 10] = [
        (WriteError::Conflict, &conflict),
        (WriteError::Exists, &conflict),
        (WriteError::Gone, &gone),
        (WriteError::Timeout, &later),
        (WriteError::NotLeading, &later),
        (api(409, "Conflict", ""), &conflict),
        (api(404, "NotFound", ""), &gone),
        (api(422, "Invalid", "spec.title: too long"), &rejected),
        (api(403, "Forbidden", "secret detail"), &later),
        (api(500, "InternalError", "secret detail"), &later),
    ];
    for (error, expected) in cases {
        let text = error.to_string();
        let error = CommandError::from(error);
        assert!(expected(&error), "{text}: {error:?}");
        assert!(!error.to_string().contains("secret detail"), "{error}");
    }
}

struct Fixed(Result<TickView, String>);

impl Scheduler for Fixed {
    fn tick(&self, _force: bool) -> BoxFuture<'static, Result<TickView, String>> {
        let result = self.0.clone();
        async move { result }.boxed()
    }
}

#[tokio::test]
async fn a_tick_returns_the_unhealthy_first_and_at_most_500() {
    let result = |i: usize| TickResultView {
        scenario_id: format!("s{i}"),
        health: Some(if i == 599 { Health::Failing } else { Health::Healthy }),
        opened: Vec::new(),
        resolved: Vec::new(),
    };
    let all = TickView { due: 3, ran: 600, results: (0..600).map(result).collect() };
    let view = tick(&Fixed(Ok(all)), true).await.unwrap();
    assert_eq!((view.due, view.ran, view.results.len()), (3, 600, 500));
    assert_eq!((view.results[0].scenario_id.as_str(), view.results[1].scenario_id.as_str()), ("s599", "s0"));
    let error = tick(&Fixed(Err("this replica follows".into())), false).await.unwrap_err();
    assert_eq!(error, CommandError::unavailable("this replica follows"));
    for (leader, part) in [(Some("pod-b"), "pod-b holds Lease agentic-ops"), (None, "nobody is seen")] {
        let error = scheduler_is_elsewhere(leader);
        assert!(matches!(&error, CommandError::Unavailable { reason, .. } if reason.contains(part)), "{error:?}");
    }
}
