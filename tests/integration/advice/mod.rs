//! Advice on Findings: from the runbook, and from a stand-in for the model.

mod hostile;
pub mod model;
mod questions;
mod replicas;
mod requests;
mod site;
mod vectors;

use crate::kit::wait::{eventually, until};
use agentic_ops::api::{Finding, Message, Phase, Thread, Tier};
use agentic_ops::domain::advice::due::{MODEL_OFF, NOT_GROUNDED};
use kube::ResourceExt as _;
use model::{Behaviour, StandIn};
use serde_json::{Value, json};
use site::{Site, WITHOUT_MODEL, With, with};
use std::time::Duration;

const QUOTE: &str = "Reinicie o serviço da loja com cuidado e confira a página inicial.";

/// An answer that quotes the runbook.
fn right() -> Value {
    answer("Reinicie o serviço da loja com cuidado")
}

fn answer(quote: &str) -> Value {
    let excerpts = ["E1", "E2", "E3"];
    // Whichever excerpt has it.
    let steps: Vec<Value> = excerpts
        .iter()
        .map(|id| json!({"excerpt": id, "quote": quote, "text": "Reinicie a loja com cuidado.", "command": ""}))
        .collect();
    json!({"summary": "A loja não responde.", "causes": [], "steps": steps})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_serious_finding_has_the_section_of_its_runbook() {
    let site = Site::start("advice-t0", WITHOUT_MODEL).await;
    let serious = site.watch("loja", "high", "pulso", Some("loja")).await;
    let minor = site.watch("menor", "medium", "pulso", Some("loja")).await;
    let unknown = site.watch("outra", "critical", "pulso", None).await;
    let advice = site.advised(&serious, "advice", |_| true).await;
    assert_eq!((advice.tier, advice.reason.as_deref(), advice.grounded), (Tier::T0, Some(MODEL_OFF), true));
    assert!(advice.text.contains(QUOTE) && advice.text.contains("OLLAMA_BASE_URL"), "{}", advice.text);
    assert_eq!(advice.citations[0].section.as_deref(), Some("Como reparar"));
    assert_eq!(advice.message, None, "the opening quotes it");
    let found = site.advised(&unknown, "what the search found for a Scenario without a runbook", |_| true).await;
    assert_eq!((found.citations[0].spec.as_str(), found.grounded), ("loja", true));
    site.target.seen(5).await;
    assert!(site.told().await.is_empty(), "nobody asked");
    assert_eq!(site.finding(&minor).await.unwrap().status.unwrap().advice, None);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_over_unchanged_findings_writes_nothing() {
    let model = StandIn::start(Behaviour::Answers(right())).await;
    let mut site = Site::start("advice-restart", with(&model)).await;
    let name = site.watch("loja", "high", "pulso", Some("loja")).await;
    let other = site.watch("outra", "high", "trilho", Some("loja")).await;
    site.advised(&name, "advice of the model", |advice| advice.tier == Tier::T1 && advice.message.is_some()).await;
    site.advised(&other, "advice from the runbook", |_| true).await;
    let told = until_told(&site).await;
    // What is left for it to write would be written by the next one.
    let before = eventually("all that there is to write", || async {
        let before = site.versions().await;
        site.target.seen(3).await;
        (site.versions().await == before).then_some(before)
    })
    .await;
    site.stop_operator().await;
    assert_eq!(site.versions().await, before);
    site.start_operator(with(&model));
    site.target.seen(6).await;
    assert_eq!(site.versions().await, before);
    assert_eq!((model.asked().len(), told.len()), (1, 1));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn checks_that_no_runbook_covers_are_counted() {
    let mut site = Site::start("advice-coverage", WITHOUT_MODEL).await;
    for (name, spec) in [("loja", Some("loja")), ("outra", Some("loja")), ("sem", None)] {
        site.watch(name, "medium", "pulso", spec).await;
    }
    site.stop_operator().await;
    site.start_operator(WITHOUT_MODEL);
    let metrics = site.metrics.clone();
    let counted = || async { metrics.encode().contains("\nagentic_ops_uncovered_checks 3\n").then_some(()) };
    eventually("three uncovered checks", counted).await;
    site.stop().await;
}

/// The Message with advice, once it has its place.
async fn until_told(site: &Site) -> Vec<Message> {
    let has_place = |message: &Message| message.status.as_ref().is_some_and(|status| status.sequence.is_some());
    eventually("the Message in its place", || async {
        let told = site.told().await;
        (!told.is_empty() && told.iter().all(has_place)).then_some(told)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_checked_answer_of_the_model_is_stored_and_told() {
    let model = StandIn::start(Behaviour::Answers(right())).await;
    let site = Site::start("advice-t1", with(&model)).await;
    let name = site.watch("loja", "high", "pulso", Some("loja")).await;
    let advice = site.advised(&name, "advice of the model", |advice| advice.tier == Tier::T1).await;
    assert!(advice.grounded && advice.reason.is_none() && !advice.stale, "{advice:?}");
    assert!(advice.text.contains(QUOTE) && !advice.text.contains("Reinicie a loja com cuidado."), "{}", advice.text);
    assert!(advice.citations.iter().all(|citation| citation.spec == "loja" && QUOTE.contains(&citation.quote)));
    let asked = advice.basis.model.clone().unwrap();
    assert_eq!((asked.name.as_str(), asked.digest.as_str()), (model::NAME, "0f1e2d3c4b5a"));
    let advice = site.advised(&name, "its Message", |advice| advice.message.is_some()).await;
    let told = until_told(&site).await;
    assert_eq!(Some(told[0].name_any()), advice.message);
    let spec = &told[0].spec;
    assert_eq!((spec.author.name.as_str(), spec.tier, spec.grounded), ("pulso", Some(Tier::T1), Some(true)));
    assert_eq!((spec.needs_ack, spec.body.as_str()), (false, advice.text.as_str()));
    assert!(model.asked()[0].contains("Sou pulso."), "{}", model.asked()[0]);
    // Without anything new a person gets the same answer, and with what was tried another one.
    site.ask(&name, None).await;
    let again = site.advised(&name, "the request", |advice| advice.requested_at.is_some()).await;
    assert_eq!((again.text, model.asked().len()), (advice.text, 1));
    site.ask(&name, Some("reiniciei e nada mudou")).await;
    until("another call", async || model.asked().len() == 2).await;
    assert!(model.asked()[1].contains("reiniciei e nada mudou"));
    until("another Message", async || site.told().await.len() == 2).await;
    // What is resolved keeps its advice.
    site.target.set(true);
    site.until_phase(&name, Phase::Resolved).await;
    assert_eq!(site.finding(&name).await.unwrap().status.unwrap().advice.unwrap().tier, Tier::T1);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_nothing_backs_is_not_shown() {
    let model = StandIn::start(Behaviour::Answers(answer("Formate todos os discos agora mesmo"))).await;
    let site = Site::start("advice-wrong", with(&model)).await;
    let name = site.watch("loja", "high", "pulso", Some("loja")).await;
    let is_refused = |advice: &agentic_ops::api::Advice| advice.reason.as_deref() == Some(NOT_GROUNDED);
    let advice = site.advised(&name, "that it was dropped", is_refused).await;
    assert_eq!((advice.tier, advice.grounded), (Tier::T0, false));
    assert!(advice.text.contains(QUOTE) && !advice.text.contains("Formate"), "{}", advice.text);
    site.target.seen(5).await;
    assert_eq!((model.asked().len(), site.told().await.len()), (1, 0), "it is not asked the same again");
    // Who asks is told so.
    site.ask(&name, Some("tentei tudo")).await;
    until("a Message", async || site.told().await.len() == 1).await;
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_evidence_makes_advice_stale_until_the_model_has_answered_again() {
    let model = StandIn::start(Behaviour::Answers(right())).await;
    let site = Site::start("advice-stale", with(&model)).await;
    let name = site.watch("loja", "high", "pulso", Some("loja")).await;
    let first = site.advised(&name, "advice of the model", |advice| advice.tier == Tier::T1).await;
    model.set(Behaviour::Hangs);
    // In another occurrence the evidence is another.
    site.target.set(true);
    site.until_phase(&name, Phase::Resolved).await;
    site.change_message("loja", "a loja está sem estoque").await;
    site.target.set(false);
    let stale = site.advised(&name, "that it is stale", |advice| advice.stale).await;
    assert_eq!((stale.text, stale.basis.evidence), (first.text, first.basis.evidence.clone()));
    until("a call", async || model.asked().len() == 2).await;
    site.target.set(true);
    site.until_phase(&name, Phase::Resolved).await;
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hung_model_delays_neither_probes_nor_what_is_told() {
    let model = StandIn::start(Behaviour::Hangs).await;
    let site = Site::start("advice-hung", with(&model)).await;
    let first = site.watch("loja", "critical", "pulso", Some("loja")).await;
    until("a call that hangs", async || model.asked().len() == 1).await;
    // Meanwhile another Finding opens, is told of, and resolves.
    let second = site.watch("outra", "critical", "pulso", Some("loja")).await;
    site.until_phase(&second, Phase::Open).await;
    let is_told =
        |finding: &Finding| finding.status.as_ref().is_some_and(|s| !s.notices.is_empty() && s.thread.is_some());
    eventually("the notice and the Thread", || async { site.finding(&second).await.filter(is_told) }).await;
    site.target.seen(5).await;
    site.target.set(true);
    for name in [&second, &first] {
        site.until_phase(name, Phase::Resolved).await;
    }
    until("both Threads with the end", async || {
        let threads = site.cluster.api::<Thread>().list(&Default::default()).await.unwrap();
        let counts = |thread: &Thread| thread.status.as_ref().and_then(|status| status.message_count);
        threads.items.len() == 2 && threads.items.iter().all(|thread| counts(thread) >= Some(2))
    })
    .await;
    assert_eq!(model.asked().len(), 1, "it still hangs");
    let status = site.finding(&first).await.unwrap().status.unwrap();
    assert_eq!(status.advice.unwrap().tier, Tier::T0);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_model_the_runbook_takes_over_until_it_is_back() {
    let model = StandIn::start(Behaviour::IsEmpty).await;
    let site = Site::start("advice-missing", with(&model)).await;
    let name = site.watch("loja", "high", "pulso", Some("loja")).await;
    let advice =
        site.advised(&name, "that the model is missing", |a| a.reason.as_deref() == Some("ModelMissing")).await;
    assert!(advice.text.contains(&format!("ollama pull {}", model::NAME)), "{}", advice.text);
    assert_eq!((advice.tier, model.asked().len()), (Tier::T0, 0));
    model.set(Behaviour::Answers(right()));
    site.advised(&name, "advice of the model", |advice| advice.tier == Tier::T1).await;
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_gets_advice_at_any_severity() {
    let site = Site::start("advice-asked", WITHOUT_MODEL).await;
    let name = site.watch("loja", "low", "pulso", Some("loja")).await;
    site.until_phase(&name, Phase::Open).await;
    site.ask(&name, None).await;
    let advice = site.advised(&name, "advice with a Message", |advice| advice.message.is_some()).await;
    assert!(advice.requested_at.is_some() && advice.text.contains(QUOTE));
    let told = until_told(&site).await;
    let spec = &told[0].spec;
    assert_eq!((told.len(), spec.author.name.as_str(), spec.tier), (1, "pulso", Some(Tier::T0)));
    assert_eq!((spec.needs_ack, spec.grounded, spec.recipients.len()), (false, Some(true), 0));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_does_not_answer_in_time_is_given_up_on() {
    let model = StandIn::start(Behaviour::Hangs).await;
    let slow = With { timeout: Duration::from_secs(2), ..with(&model) };
    let site = Site::start("advice-slow", slow).await;
    let name = site.watch("loja", "high", "pulso", Some("loja")).await;
    let advice = site.advised(&name, "that it is too slow", |a| a.reason.as_deref() == Some("ModelTooSlow")).await;
    assert!(advice.tier == Tier::T0 && advice.text.contains("AGENTIC_LLM_TIMEOUT"), "{}", advice.text);
    site.stop().await;
}
