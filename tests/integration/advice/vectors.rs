//! Excerpts that are found by vectors.

use super::model::{Behaviour, StandIn};
use super::right;
use super::site::{Site, With, with};
use crate::kit::wait::eventually;
use agentic_ops::api::Tier;

#[tokio::test(flavor = "multi_thread")]
async fn the_leader_embeds_the_runbooks_and_the_model_is_given_what_vectors_find() {
    let model = StandIn::start(Behaviour::Answers(right())).await;
    let site = Site::start("advice-vectors", With { vectors: true, ..with(&model) }).await;
    // Three pieces, in one request, although nobody asks anything.
    let embedded = eventually("the vectors", || async { Some(model.embedded()).filter(|all| !all.is_empty()) }).await;
    assert_eq!(embedded.len(), 1, "{embedded:?}");
    assert!(embedded[0].len() == 3 && embedded[0].iter().all(|text| text.starts_with("search_document: ")));
    let name = site.watch("loja", "high", "pulso", Some("loja")).await;
    site.advised(&name, "advice of the model", |advice| advice.tier == Tier::T1).await;
    let prompt = model.asked().remove(0);
    assert!(prompt.contains("Listras pretas."), "{prompt}");
    let queries = model.embedded().split_off(1);
    assert!(queries.len() == 1 && queries[0][0].starts_with("search_query: "), "{queries:?}");
    site.target.seen(5).await;
    assert_eq!(model.embedded().len(), 2, "nothing is asked while nothing changes");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_vectors_the_model_for_embeddings_is_not_called() {
    let model = StandIn::start(Behaviour::Answers(right())).await;
    let site = Site::start("advice-words", with(&model)).await;
    let name = site.watch("loja", "high", "pulso", Some("loja")).await;
    site.advised(&name, "advice of the model", |advice| advice.tier == Tier::T1).await;
    assert!(model.embedded().is_empty(), "{:?}", model.embedded());
    site.stop().await;
}
