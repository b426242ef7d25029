//! Requests for advice while the model is asked, and after it failed.

use super::model::{Behaviour, StandIn};
use super::site::{Site, with};
use super::{right, until_told};
use crate::kit::wait::{eventually, until};
use agentic_ops::api::{Finding, Phase, Scenario, Severity, Tier};
use kube::api::{Patch, PatchParams};
use serde_json::json;

const NOTE: &str = "reiniciei e nada mudou";

#[tokio::test(flavor = "multi_thread")]
async fn a_request_during_a_call_is_answered_by_another_call() {
    let model = StandIn::start(Behaviour::Waits).await;
    let site = Site::start("advice-during", with(&model)).await;
    let name = site.watch("loja", "high", "pulso", Some("loja")).await;
    until("a call", async || model.asked().len() == 1).await;
    site.ask(&name, Some(NOTE)).await;
    model.set(Behaviour::Answers(right()));
    until("another call", async || model.asked().len() == 2).await;
    assert!(!model.asked()[0].contains(NOTE) && model.asked()[1].contains(NOTE));
    let is_answer = |advice: &agentic_ops::api::Advice| advice.tier == Tier::T1 && advice.requested_at.is_some();
    let advice = site.advised(&name, "the answer to the request", is_answer).await;
    until("both Messages", async || site.told().await.len() == 2).await;
    assert!(advice.message.is_some(), "{advice:?}");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_two_failed_calls_a_request_has_its_own() {
    let model = StandIn::start(Behaviour::Breaks).await;
    let site = Site::start("advice-failed", with(&model)).await;
    let name = site.watch("loja", "high", "pulso", Some("loja")).await;
    until("two calls", async || model.asked().len() == 2).await;
    site.advised(&name, "that it failed", |a| a.reason.as_deref() == Some("AnswerRefused")).await;
    site.target.seen(5).await;
    assert_eq!(model.asked().len(), 2, "it is given up on");
    assert!(site.told().await.is_empty(), "nobody asked");
    site.ask(&name, Some(NOTE)).await;
    until("the calls for the request", async || model.asked().len() == 4).await;
    let told = until_told(&site).await;
    assert_eq!((told.len(), told[0].spec.tier), (1, Some(Tier::T0)), "who asked is told once");
    model.set(Behaviour::Answers(right()));
    site.ask(&name, Some("e agora?")).await;
    site.advised(&name, "advice of the model", |advice| advice.tier == Tier::T1).await;
    assert_eq!(model.asked().len(), 5);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_again_is_told_that_the_call_failed_and_the_older_answer_stays() {
    let model = StandIn::start(Behaviour::Answers(right())).await;
    let site = Site::start("advice-refused", with(&model)).await;
    let name = site.watch("loja", "high", "pulso", Some("loja")).await;
    let first = site.advised(&name, "the answer", |a| a.tier == Tier::T1 && a.message.is_some()).await;
    model.set(Behaviour::Breaks);
    site.ask(&name, Some(NOTE)).await;
    until("another Message", async || site.told().await.len() == 2).await;
    let told = site.told().await;
    let refusal = told.iter().find(|message| message.spec.tier == Some(Tier::T0)).expect("a Message of T0");
    assert!(refusal.spec.body.contains("out of memory"), "{}", refusal.spec.body);
    until("both calls", async || model.asked().len() == 3).await;
    site.target.seen(3).await;
    let advice = site.finding(&name).await.unwrap().status.unwrap().advice.unwrap();
    assert_eq!((advice.text, advice.message, advice.tier), (first.text, first.message, Tier::T1));
    assert_eq!((site.told().await.len(), model.asked().len()), (2, 3), "once");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_about_other_evidence_is_not_told() {
    let model = StandIn::start(Behaviour::Waits).await;
    let site = Site::start("advice-overtaken", with(&model)).await;
    let name = site.watch("loja", "high", "pulso", Some("loja")).await;
    until("a call", async || model.asked().len() == 1).await;
    site.target.set(true);
    site.until_phase(&name, Phase::Resolved).await;
    site.change_message("loja", "a loja está sem estoque").await;
    site.target.set(false);
    site.until_phase(&name, Phase::Open).await;
    model.set(Behaviour::Answers(right()));
    let is_answer = |advice: &agentic_ops::api::Advice| advice.tier == Tier::T1 && advice.message.is_some();
    let advice = site.advised(&name, "the answer about the present evidence", is_answer).await;
    assert!(!advice.stale && model.asked().last().unwrap().contains("sem estoque"), "{advice:?}");
    assert_eq!((model.asked().len(), site.told().await.len()), (2, 1));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_the_evidence_overtakes_again_and_again_is_answered_with_that_remark() {
    let model = StandIn::start(Behaviour::Paced(right())).await;
    let site = Site::start("advice-overtakes", with(&model)).await;
    // So low that nothing is asked unless a person does.
    let name = site.watch("loja", "medium", "pulso", Some("loja")).await;
    site.until_phase(&name, Phase::Open).await;
    site.ask(&name, None).await;
    for (number, severity) in [(1, Severity::Low), (2, Severity::Info), (3, Severity::Medium)] {
        until("another call", async || model.asked().len() == number).await;
        // The severity is part of the evidence.
        let patch = Patch::Merge(json!({"spec": {"severity": severity}}));
        site.cluster.api::<Scenario>().patch("loja", &PatchParams::default(), &patch).await.unwrap();
        let is_it = |finding: &Finding| finding.status.as_ref().is_some_and(|s| s.severity == Some(severity));
        eventually("the severity", || async { site.finding(&name).await.filter(is_it) }).await;
        assert!(site.told().await.is_empty());
        model.let_answer();
    }
    let told = until_told(&site).await;
    assert!(told[0].spec.body.contains("as evidências mudaram"), "{}", told[0].spec.body);
    let is_told = |advice: &agentic_ops::api::Advice| advice.message.is_some();
    let advice = site.advised(&name, "the answer", is_told).await;
    assert!(advice.stale && advice.tier == Tier::T1 && !advice.text.contains("as evidências"), "{advice:?}");
    site.target.seen(3).await;
    assert_eq!((model.asked().len(), site.told().await.len()), (3, 1), "it is asked no more");
    site.stop().await;
}
