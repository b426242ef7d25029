//! Requests for advice while the model is asked, and after it failed.

use super::model::{Behaviour, StandIn};
use super::site::{Site, with};
use super::{right, until_told};
use crate::kit::wait::until;
use agentic_ops::api::{Phase, Tier};

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
