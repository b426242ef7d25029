//! Watches: without and with a version, streaming lists, bookmarks, selectors, expired versions.

use crate::conformance::samples::{configmap, scenario};
use crate::conformance::story::{
    MERGE, PARTIAL, STRATEGIC, Step, Story, TABLE, at, delete, get, merge_status, patch, post, story, watch,
};
use serde_json::json;

pub fn stories() -> Vec<Story> {
    vec![
        story("watch", plain()),
        story("watch with selectors", selected()),
        story("streaming list", streaming()),
        story("watch with other media types", forms()),
        story("watch from unavailable versions", versions()),
    ]
}

fn from_list(query: &str) -> String {
    let sep = if query.is_empty() { "" } else { "&" };
    at(&format!("configmaps?resourceVersion=${{list/metadata/resourceVersion}}{sep}{query}"))
}

fn plain() -> Vec<Step> {
    vec![
        get("the list before", at("configmaps")).keep("list"),
        post("made", at("configmaps"), configmap("a", "1")),
        patch("changed", at("configmaps/a"), MERGE, json!({"data": {"key": "2"}})),
        patch("changed to the same value", at("configmaps/a"), MERGE, json!({"data": {"key": "2"}})),
        post("another", at("configmaps"), configmap("b", "1")),
        patch(
            "held by a finalizer",
            at("configmaps/b"),
            MERGE,
            json!({"metadata": {"finalizers": ["example.com/hold"]}}),
        ),
        delete("deleted while held", at("configmaps/b")),
        patch("finalizers removed", at("configmaps/b"), MERGE, json!({"metadata": {"finalizers": null}})),
        delete("deleted", at("configmaps/a")),
        post("the last", at("configmaps"), configmap("z", "1")),
        watch("from the list on", from_list(""), 9),
        watch("all of it, to its end", from_list("fieldSelector=metadata.name%3Da"), 99),
        watch("from now", at("configmaps"), 1),
        watch("from version 0", at("configmaps?resourceVersion=0"), 1),
        watch("one by name", at("configmaps?fieldSelector=metadata.name%3Dz"), 1),
        watch("all namespaces", "/api/v1/configmaps?fieldSelector=metadata.namespace%3D$ns", 1),
        watch("one by its path", at("configmaps/z"), 1),
        get("of a kind that does not exist", at("nosuchkinds?watch=true")),
    ]
}

fn selected() -> Vec<Step> {
    let label = |value: &str| json!({"metadata": {"labels": {"tier": value}}});
    vec![
        post("a Scenario", at("scenarios"), scenario("portal")),
        get("the list before", at("scenarios")).keep("list"),
        patch("becomes low", at("scenarios/portal"), MERGE, json!({"spec": {"severity": "low"}})),
        patch("gets a label", at("scenarios/portal"), MERGE, label("1")),
        merge_status("gets a status", "scenarios/portal", json!({"health": "failing"})),
        patch("gets another label", at("scenarios/portal"), MERGE, label("2")),
        patch("becomes high again", at("scenarios/portal"), MERGE, json!({"spec": {"severity": "high"}})),
        delete("goes", at("scenarios/portal")),
        watch(
            "low ones",
            at("scenarios?resourceVersion=${list/metadata/resourceVersion}&fieldSelector=spec.severity%3Dlow"),
            5,
        ),
        watch(
            "high ones",
            at("scenarios?resourceVersion=${list/metadata/resourceVersion}&fieldSelector=spec.severity%3Dhigh"),
            3,
        ),
        watch("of tier 1", at("scenarios?resourceVersion=${list/metadata/resourceVersion}&labelSelector=tier%3D1"), 3),
        watch(
            "failing ones",
            at("scenarios?resourceVersion=${list/metadata/resourceVersion}&fieldSelector=status.health%3Dfailing"),
            4,
        ),
        watch("a field that is not selectable", at("scenarios?fieldSelector=spec.title%3Dx"), 1),
        watch("an invalid selector", at("scenarios?labelSelector=a%20b"), 1),
    ]
}

fn streaming() -> Vec<Step> {
    let streaming = "sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan";
    vec![
        post("a", at("configmaps"), configmap("a", "1")),
        post("b", at("configmaps"), configmap("b", "1")),
        watch("objects and a bookmark", at(&format!("configmaps?{streaming}")), 3),
        watch("with version 0", at(&format!("configmaps?{streaming}&resourceVersion=0")), 3),
        watch("selected", at(&format!("configmaps?{streaming}&fieldSelector=metadata.name%3Db")), 2),
        watch("of nothing", at(&format!("findings?{streaming}")), 1),
        watch("as partial metadata", at(&format!("configmaps?{streaming}")), 3).accept(PARTIAL),
        watch("as tables", at(&format!("configmaps?{streaming}")), 3).accept(TABLE),
        watch("without a match", at("configmaps?sendInitialEvents=true&allowWatchBookmarks=true"), 1),
        watch("without bookmarks", at("configmaps?sendInitialEvents=true&resourceVersionMatch=NotOlderThan"), 2),
        watch(
            "a match without initial events",
            at("configmaps?resourceVersionMatch=NotOlderThan&resourceVersion=1"),
            1,
        ),
        watch(
            "no initial events",
            at("configmaps?sendInitialEvents=false&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan"),
            0,
        ),
    ]
}

fn forms() -> Vec<Step> {
    vec![
        get("the list before", at("configmaps")).keep("list"),
        post("made", at("configmaps"), configmap("a", "1")),
        patch("changed", at("configmaps/a"), STRATEGIC, json!({"data": {"more": "2"}})),
        delete("deleted", at("configmaps/a")),
        watch("tables", from_list(""), 3).accept(TABLE),
        watch("tables with the objects", from_list("includeObject=Object"), 3).accept(TABLE),
        watch("partial metadata", from_list(""), 3).accept(PARTIAL),
    ]
}

fn versions() -> Vec<Step> {
    vec![
        watch("that are compacted", at("scenarios?resourceVersion=1"), 1),
        watch("that are compacted, of a core kind", at("configmaps?resourceVersion=1"), 1),
        watch("that are invalid", at("scenarios?resourceVersion=abc"), 1),
        watch("in the future", at("scenarios?resourceVersion=999999999"), 1).differs(
            "a new data directory has lower versions than clients remember: the embedded server answers at once, so that they list again, where the real one waits",
        ),
    ]
}
