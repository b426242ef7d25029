//! A model server that is wrong, cut off, restarted or asked too much: T0 stands and says so, and T1 is back once the model is.

use super::cases::advice_cases;
use super::program::{Files, Program};
use super::standin::{Reply, StandIn, Wrong};
use crate::integration::advice::model::NAME;
use crate::integration::advice::site::RUNBOOK;
use crate::integration::replicas::target::Target;
use crate::kit::wait::{TIMEOUT, eventually, succeeds_within, until};
use agentic_ops::api::{Finding, Message, Scenario, Tier};
use kube::ResourceExt as _;
use kube::api::PostParams;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Time limit of calls that end by themselves.
const LONG: &str = "2m";
const QUOTE: &str = "Reinicie o serviço da loja com cuidado e confira a página inicial.";

/// An answer that can be shown, to a question or about a Finding.
pub fn right(is_question: bool) -> Reply {
    let step = advice_cases::step("", "", "E1", QUOTE);
    Reply::Fitted(if is_question {
        advice_cases::lines(&[("", "E1", QUOTE)])
    } else {
        advice_cases::advice("", &[], &[step])
    })
}

pub fn watched(name: &str, severity: &str, url: &str) -> Value {
    json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Scenario", "metadata": {"name": name},
        "spec": {"title": "Loja", "agent": "pulso", "severity": severity, "interval": "1s",
            "thresholds": {"fail": 1, "recover": 1}, "runbook": {"spec": "loja", "section": "Como reparar"},
            "probes": [{"name": "web", "http": {"url": url}}],
            "checks": [{"name": "status", "expect": "probes.web.status == 200", "message": "'a loja não responde'"}]}})
}

pub fn agent(name: &str) -> Value {
    json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Agent", "metadata": {"name": name},
        "spec": {"displayName": name, "codename": name, "tier": "T1", "inboxRoles": ["ops_lead"]}})
}

pub fn runbooks() -> BTreeMap<String, String> {
    BTreeMap::from([("loja".to_string(), RUNBOOK.to_string())])
}

/// The program with a broken target, which these Scenarios read. Nobody is advised unasked but of critical Findings.
async fn start(name: &str, model: &StandIn, scenarios: &[&str], timeout: &str) -> (Program, Target) {
    let target = Target::start().await;
    target.set(false);
    let mut all = vec![agent("pulso"), agent("maestro")];
    all.extend(scenarios.iter().map(|scenario| watched(scenario, "high", &target.url)));
    let registry = all.iter().map(Value::to_string).collect::<Vec<_>>().join("\n---\n");
    let settings = [("AGENTIC_LLM_TIMEOUT", timeout), ("AGENTIC_ADVICE_MIN_SEVERITY", "critical")];
    let files = Files { registry: &registry, runbooks: &runbooks(), settings: &settings };
    (Program::start(name, model, files).await, target)
}

impl Program {
    /// A person asks for advice, and gets a Message.
    async fn advised(&self, scenario: &str, note: &str) -> Message {
        let has_thread = |finding: &Finding| finding.status.as_ref().is_some_and(|status| status.thread.is_some());
        let finding = self.finding(scenario, has_thread).await;
        let (id, thread) = (finding.name_any(), finding.status.unwrap().thread.unwrap());
        let before = self.told(&thread).len();
        let path = format!("/findings/{id}/advice");
        let (status, view) = self.call(Method::POST, &path, "ana", Some(&json!({"note": note}))).await;
        assert_eq!(status, 202, "{view}");
        self.told_at_least(&thread, before + 1).await.pop().unwrap()
    }

    /// A person asks about a Finding; the name of the question.
    async fn ask(&self, scenario: &str, text: &str) -> String {
        let id = self.finding(scenario, |finding| finding.status.is_some()).await.name_any();
        let body = json!({"message": text, "finding_id": id});
        let (status, view) = self.call(Method::POST, "/chat", "ana", Some(&body)).await;
        assert_eq!(status, 200, "{view}");
        view["question_id"].as_str().unwrap().to_string()
    }

    /// `/health`, once it shows this tier.
    async fn until_tier(&self, tier: &str) -> Value {
        eventually(&format!("{tier} in /health"), async || {
            Some(self.health().await).filter(|health| health["tier"] == tier)
        })
        .await
    }
}

/// For each of these replies: T0 answers with this text, and once the model is right, T1.
async fn wrong_and_back(name: &str, timeout: &str, cases: &[(Reply, &str)]) {
    let model = StandIn::start(right(false)).await;
    let names: Vec<String> = (0..cases.len()).map(|number| format!("loja.{number}")).collect();
    let scenarios: Vec<&str> = names.iter().map(String::as_str).collect();
    let (program, _target) = start(name, &model, &scenarios, timeout).await;
    program.until_tier("T1").await;
    for (scenario, (reply, part)) in scenarios.iter().zip(cases) {
        model.set(reply.clone());
        let told = program.advised(scenario, "já olhei").await.spec;
        assert_eq!((told.tier, told.needs_ack, told.recipients.len()), (Some(Tier::T0), false, 0), "{reply:?}");
        assert!(told.body.contains(part) && told.body.contains(QUOTE), "{reply:?}: {}", told.body);
        assert!(!told.body.contains("resolvid"), "{reply:?}: {}", told.body);
        let stands = |finding: &Finding| {
            let advice = finding.status.as_ref().and_then(|status| status.advice.as_ref());
            advice.is_some_and(|advice| advice.tier == Tier::T0 && advice.text.contains(part))
        };
        program.finding(scenario, stands).await;
        let health = program.until_tier("T0").await;
        assert_eq!(health["model"]["state"], "failing", "{reply:?}: {health}");
        assert!(health["model"]["detail"].as_str().unwrap().contains(part), "{reply:?}: {health}");
        model.set(right(false));
        let told = program.advised(scenario, "e agora?").await.spec;
        assert_eq!((told.tier, told.grounded), (Some(Tier::T1), Some(true)), "{reply:?}: {}", told.body);
        let is_t1 = |finding: &Finding| {
            finding.status.as_ref().unwrap().advice.as_ref().is_some_and(|advice| advice.tier == Tier::T1)
        };
        program.finding(scenario, is_t1).await;
        program.until_tier("T1").await;
    }
    program.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_server_is_away_t0_stands_until_it_is_back() {
    let cases = [
        (Reply::Wrong(Wrong::Cut), "não há conexão com o servidor de modelos"),
        (Reply::Wrong(Wrong::Status(500)), "respondeu HTTP 500"),
        (Reply::Wrong(Wrong::Redirect), "redirecionamentos não são seguidos"),
    ];
    wrong_and_back("fault-away", LONG, &cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_of_no_use_leaves_t0_until_another_one_is_of_use() {
    let foreign = "El problema fue resuelto, el servicio ya responde y no hay que hacer nada más por ahora.";
    let claim = advice_cases::step("O problema foi resolvido.", "", "E1", QUOTE);
    let cases = [
        (Reply::Wrong(Wrong::Length), "a resposta foi cortada no limite de tamanho"),
        (Reply::Wrong(Wrong::Empty), "a resposta está vazia"),
        (Reply::Wrong(Wrong::Failed), "out of memory"),
        (Reply::Wrong(Wrong::Status(400)), "respondeu HTTP 400"),
        (Reply::Verbatim("O problema foi resolvido.".into()), "a resposta foi descartada"),
        (
            Reply::Fitted(advice_cases::advice(foreign, &[], &[advice_cases::step(foreign, "", "E1", QUOTE)])),
            "a resposta foi descartada",
        ),
        (Reply::Fitted(advice_cases::advice("Resolvido.", &[], &[claim])), "a resposta foi descartada"),
    ];
    wrong_and_back("fault-answer", LONG, &cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_an_endless_or_foreign_answer_the_server_is_left_alone_and_asked_again() {
    let cases = [
        (Reply::Wrong(Wrong::Endless), "a resposta é longa demais"),
        (Reply::Wrong(Wrong::Html), "a resposta do servidor não foi entendida"),
        (Reply::Wrong(Wrong::NoJson), "a resposta do servidor não foi entendida"),
    ];
    wrong_and_back("fault-stream", LONG, &cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_is_too_slow_or_removed_leaves_t0_until_it_answers() {
    let pull = format!("ollama pull {NAME}");
    let cases = [(Reply::Wrong(Wrong::Hangs), "AGENTIC_LLM_TIMEOUT"), (Reply::Wrong(Wrong::Missing), pull.as_str())];
    wrong_and_back("fault-slow", "3s", &cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_model_the_message_says_how_to_install_it() {
    let model = StandIn::start(right(false)).await;
    model.has_model(false);
    let (program, _target) = start("fault-missing", &model, &["loja"], LONG).await;
    let told = program.advised("loja", "já olhei").await.spec;
    assert!(told.tier == Some(Tier::T0) && told.body.contains(&format!("ollama pull {NAME}")), "{}", told.body);
    let health = program.until_tier("T0").await;
    assert!(health["model"]["detail"].as_str().unwrap().contains(&format!("ollama pull {NAME}")), "{health}");
    assert!(model.asked().is_empty());
    model.has_model(true);
    let told = program.advised("loja", "instalei").await.spec;
    assert_eq!(told.tier, Some(Tier::T1), "{}", told.body);
    program.until_tier("T1").await;
    program.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_answered_by_the_server_that_was_restarted_in_the_middle_of_the_call() {
    let model = StandIn::start(Reply::Wrong(Wrong::Hangs)).await;
    let (program, _target) = start("fault-restart", &model, &["loja"], LONG).await;
    let question = program.ask("loja", "como reinicio o serviço da loja?").await;
    until("a call", async || model.asked().len() == 1).await;
    let address = model.kill().await;
    program.until_tier("T0").await;
    let model = StandIn::start_at(address, right(true)).await;
    let answers = program.told_at_least(&question, 2).await;
    let tiers: Vec<_> = answers.iter().map(|answer| answer.spec.tier).collect();
    assert_eq!(tiers, [Some(Tier::T0), Some(Tier::T1)]);
    program.until_tier("T1").await;
    assert_eq!(model.asked().len(), 1);
    program.stop().await;
}

/// More Findings than there is room for in the queue.
const MANY: usize = 54;
const ROOM: usize = 50;

#[tokio::test(flavor = "multi_thread")]
async fn what_a_full_queue_has_no_room_for_is_asked_later() {
    let model = StandIn::start(right(false)).await;
    model.hold(true);
    let target = Target::start().await;
    target.set(false);
    let names: Vec<String> = (0..MANY).map(|number| format!("loja.{number}")).collect();
    let mut all = vec![agent("pulso"), agent("maestro")];
    all.extend(names.iter().map(|name| watched(name, "high", &target.url)));
    let registry = all.iter().map(Value::to_string).collect::<Vec<_>>().join("\n---\n");
    let settings = [("AGENTIC_LLM_TIMEOUT", LONG)];
    let files = Files { registry: &registry, runbooks: &runbooks(), settings: &settings };
    let program = Program::start("fault-queue", &model, files).await;
    let is_full = async || program.metrics().await.contains(&format!("agentic_ops_advice_queue_length {ROOM}\n"));
    until("a full queue", is_full).await;
    // More urgent ones take the places of others.
    for number in 0..3 {
        let scenario: Scenario =
            serde_json::from_value(watched(&format!("caixa.{number}"), "critical", &target.url)).unwrap();
        program.api::<Scenario>().create(&PostParams::default(), &scenario).await.unwrap();
        program
            .finding(&format!("caixa.{number}"), |finding| {
                finding.status.as_ref().is_some_and(|status| status.advice.is_some())
            })
            .await;
    }
    assert_eq!(model.asked().len(), 1);
    model.hold(false);
    let all_advised = async || {
        let findings = program.api::<Finding>().list(&Default::default()).await.unwrap().items;
        let is_t1 = |finding: &&Finding| {
            finding
                .status
                .as_ref()
                .and_then(|status| status.advice.as_ref())
                .is_some_and(|advice| advice.tier == Tier::T1)
        };
        let count = findings.iter().filter(is_t1).count();
        if count == MANY + 3 { Ok(()) } else { Err(format!("{count} so far")) }
    };
    succeeds_within(3 * TIMEOUT, "advice of the model on all", all_advised).await;
    // The urgent ones were next.
    let asked = model.asked();
    let is_urgent = |at: usize| asked[at].text.contains("scenario: caixa.");
    assert!(asked.len() == MANY + 3 && (1..=3).all(is_urgent), "{} calls", asked.len());
    program.stop().await;
}
