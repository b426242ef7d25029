use super::*;
use crate::api::{Agent, AgentSpec};
use crate::runtime::guard::Outline;
use kube::api::ObjectMeta;

const KINDS: [&str; 1] = ["Agent"];

/// A cache whose watch the test plays.
fn cache() -> (Watching<Agent, Agent>, Cache<Agent>) {
    let (objects, writer) = store::<Agent>();
    let cache = Cache {
        kind: Agent::kind(&()),
        objects,
        undecodable: Undecodable::default(),
        changes: broadcast::Sender::new(4),
        progress: ListProgress::expecting(KINDS),
    };
    (Watching { cache: cache.clone(), writer, trim: Box::new(|agent, _| agent), listed: BTreeMap::new() }, cache)
}

fn agent(name: &str) -> Guarded<Agent> {
    let spec: AgentSpec =
        serde_json::from_value(serde_json::json!({"displayName": name, "codename": name, "tier": "T0"})).unwrap();
    let mut agent = Agent::new(name, spec);
    agent.metadata.namespace = Some("ops".into());
    Guarded(Ok(agent))
}

fn invalid(name: &str) -> Guarded<Agent> {
    let metadata = ObjectMeta { name: Some(name.into()), namespace: Some("ops".into()), ..ObjectMeta::default() };
    let error = serde_json::from_str::<u8>("x").unwrap_err().to_string();
    Guarded(Err(InvalidObject { error, metadata, outline: Outline::default() }))
}

fn list(watching: &mut Watching<Agent, Agent>, objects: impl IntoIterator<Item = Guarded<Agent>>) {
    watching.take(watcher::Event::Init);
    for object in objects {
        watching.take(watcher::Event::InitApply(object));
    }
    watching.take(watcher::Event::InitDone);
}

fn word(change: Change<Agent>) -> String {
    match change {
        Change::Applied(agent) => format!("applied {}", agent.name_any()),
        Change::Undecodable(object) => format!("undecodable {}", name_of(&object)),
        Change::Deleted(name, _) => format!("deleted {name}"),
        Change::Resynchronise => "resynchronise".into(),
    }
}

/// All changes that wait for a reader.
async fn waiting(reader: &mut Subscription<Agent>) -> Vec<String> {
    let mut words = Vec::new();
    while let Some(change) = futures::FutureExt::now_or_never(reader.next()) {
        words.push(word(change));
    }
    words
}

fn names(cache: &Cache<Agent>) -> Vec<String> {
    let mut names: Vec<_> = cache.objects().iter().map(|agent| agent.name_any()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn every_reader_sees_every_change() {
    let (mut watching, cache) = cache();
    let mut readers = [cache.subscribe(), cache.subscribe()];
    list(&mut watching, [agent("a")]);
    watching.take(watcher::Event::Apply(agent("b")));
    watching.take(watcher::Event::Delete(agent("a")));
    for reader in &mut readers {
        assert_eq!(waiting(reader).await, ["resynchronise", "applied b", "deleted a"]);
    }
    assert_eq!(names(&cache), ["b"]);
}

#[tokio::test]
async fn a_reader_that_comes_later_is_asked_to_resynchronise_and_one_before_the_list_is_not() {
    let (mut watching, cache) = cache();
    assert!(waiting(&mut cache.subscribe()).await.is_empty());
    list(&mut watching, [agent("a")]);
    let mut late = cache.subscribe();
    assert_eq!(waiting(&mut late).await, ["resynchronise"]);
    watching.take(watcher::Event::Apply(agent("b")));
    assert_eq!(waiting(&mut late).await, ["applied b"]);
}

#[tokio::test]
async fn a_reader_that_falls_behind_resynchronises_and_the_others_do_not_notice() {
    let (mut watching, cache) = cache();
    let (mut slow, mut quick) = (cache.subscribe(), cache.subscribe());
    list(&mut watching, []);
    let mut seen = waiting(&mut quick).await;
    for name in ["a", "b", "c", "d", "e"] {
        watching.take(watcher::Event::Apply(agent(name)));
        seen.extend(waiting(&mut quick).await);
    }
    assert_eq!(seen.len(), 6);
    assert_eq!(waiting(&mut slow).await, ["resynchronise"], "nothing that is older than the cache follows");
    assert_eq!(names(&cache), ["a", "b", "c", "d", "e"]);
    watching.take(watcher::Event::Delete(agent("a")));
    assert_eq!(waiting(&mut slow).await, ["deleted a"]);
}

#[tokio::test]
async fn objects_that_cannot_be_decoded_are_reported_and_do_not_stop_the_others() {
    let (mut watching, cache) = cache();
    let mut reader = cache.subscribe();
    list(&mut watching, [agent("a"), invalid("x")]);
    assert_eq!((names(&cache), cache.snapshot().1.len()), (vec!["a".to_string()], 1));
    watching.take(watcher::Event::Apply(invalid("y")));
    watching.take(watcher::Event::Apply(agent("x")));
    watching.take(watcher::Event::Delete(invalid("y")));
    assert_eq!(waiting(&mut reader).await, ["resynchronise", "undecodable y", "applied x", "deleted y"]);
    assert_eq!((names(&cache).len(), cache.snapshot().1.len()), (2, 0));
}

#[tokio::test]
async fn a_further_list_replaces_what_was_known() {
    let (mut watching, cache) = cache();
    list(&mut watching, [agent("a"), invalid("x")]);
    let mut reader = cache.subscribe();
    assert_eq!(waiting(&mut reader).await, ["resynchronise"]);
    list(&mut watching, [agent("b")]);
    assert_eq!(waiting(&mut reader).await, ["resynchronise"]);
    assert_eq!((names(&cache), cache.snapshot().1.len()), (vec!["b".to_string()], 0));
}
