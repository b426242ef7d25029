//! Random sequences of requests, determined by a seed.

use crate::conformance::samples::{configmap, object, scenario};
use crate::conformance::story::{
    JSON, JSON_PATCH, MERGE, Step, Story, apply, at, delete, get, patch, post, put, request, story, watch,
};
use http::Method;
use serde_json::{Value, json};

/// The objects that are changed: the path, and the name under which the last response is kept.
const OBJECTS: [(&str, &str); 5] = [
    ("scenarios/a", "sa"),
    ("scenarios/b", "sb"),
    ("configmaps/a", "ca"),
    ("configmaps/b", "cb"),
    ("configmaps/c", "cc"),
];
const MANAGERS: [&str; 3] = ["git", "ana", "ops"];
const WORDS: [&str; 4] = ["one", "two", "three", "four"];

/// A random number generator (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[(self.next() % of.len() as u64) as usize]
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.next().is_multiple_of(n)
    }
}

/// A story of `steps` random requests, followed by requests for the resulting objects and all events.
pub fn story_of(seed: u64, steps: usize) -> Story {
    let mut random = Random(seed);
    let mut all =
        vec![get("Scenarios before", at("scenarios")).keep("s"), get("ConfigMaps before", at("configmaps")).keep("c")];
    for i in 0..steps {
        let (path, kept) = random.pick(&OBJECTS);
        let step = if path.starts_with("scenarios") {
            on_scenario(&mut random, path)
        } else {
            on_configmap(&mut random, path)
        };
        let mut step = if random.one_in(12) { dry(step) } else { step };
        step.name = format!("{i}: {}", step.name);
        all.push(step);
        all.push(get(format!("{i}: then"), at(path)).keep(kept));
    }
    for (kind, from) in [("scenarios", "s"), ("configmaps", "c")] {
        all.push(get(format!("{kind} at the end"), at(kind)));
        let path = at(&format!("{kind}?resourceVersion=${{{from}/metadata/resourceVersion}}"));
        all.push(watch(format!("all events of {kind}"), path, usize::MAX));
    }
    story(format!("seed {seed}"), all)
}

fn dry(mut step: Step) -> Step {
    if step.method != Method::GET {
        step.path.push_str(if step.path.contains('?') { "&dryRun=All" } else { "?dryRun=All" });
    }
    step
}

fn split(path: &str) -> (&str, &str) {
    path.split_once('/').unwrap()
}

fn on_scenario(random: &mut Random, path: &str) -> Step {
    let (kind, name) = split(path);
    let word = random.pick(&WORDS);
    let manager = random.pick(&MANAGERS);
    let merge = |what: &str, body: Value| patch(what, at(&format!("{path}?fieldManager={manager}")), MERGE, body);
    match random.next() % 11 {
        0 => post("create", at(kind), random_scenario(random, name)),
        1 => merge("merge", json!({"spec": {"title": word}})),
        2 => merge("merge of a list", json!({"spec": {"dependsOn": random_words(random)}})),
        3 => merge("taking out", json!({"spec": {random.pick(&["checks", "dependsOn", "thresholds"]): null}})),
        4 => {
            let status = json!({"status": {"health": random.pick(&["healthy", "failing", "loud"]), "openFindings": random.next() % 3}});
            patch("merge of the status", at(&format!("{path}/status?fieldManager={manager}")), MERGE, status)
        }
        5 | 6 => applied(random, path, manager),
        7 => update(random, path),
        8 => finalize(random, path),
        9 => delete("delete", at(path)),
        _ => {
            let ops = json!([{"op": "replace", "path": "/spec/title", "value": word}, {"op": "add", "path": "/spec/probes/-", "value": {"name": word, "tcp": {"address": "a:1"}}}]);
            patch("JSON", at(&format!("{path}?fieldManager={manager}")), JSON_PATCH, ops)
        }
    }
}

fn on_configmap(random: &mut Random, path: &str) -> Step {
    let (kind, name) = split(path);
    let (word, manager) = (random.pick(&WORDS), random.pick(&MANAGERS));
    let key = random.pick(&WORDS);
    match random.next() % 8 {
        0 => post("create", at(kind), configmap(name, word)),
        1 => patch("merge", at(&format!("{path}?fieldManager={manager}")), MERGE, json!({"data": {key: word}})),
        2 => patch("taking out", at(path), MERGE, json!({"data": {key: null}})),
        3 => {
            let body = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {key: word, random.pick(&WORDS): "x"}});
            apply("apply", at(&forced(random, path)), manager, body)
        }
        4 => put("update", at(path), configmap(name, word)),
        5 => patch("labels", at(path), MERGE, json!({"metadata": {"labels": {key: word}}})),
        6 => finalize(random, path),
        _ => delete("delete", at(path)),
    }
}

fn random_words(random: &mut Random) -> Value {
    let mut words: Vec<&str> = WORDS.to_vec();
    words.retain(|_| random.one_in(2));
    if random.one_in(2) {
        words.reverse();
    }
    words.into()
}

fn random_scenario(random: &mut Random, name: &str) -> Value {
    let mut made = scenario(name);
    if random.one_in(2) {
        made["spec"]["dependsOn"] = random_words(random);
    }
    if random.one_in(3) {
        made["spec"]["thresholds"] = json!({"fail": random.next() % 3});
    }
    if random.one_in(3) {
        made["metadata"]["labels"] = json!({"tier": random.pick(&WORDS)});
    }
    made
}

fn forced(random: &mut Random, path: &str) -> String {
    format!("{path}?force={}", random.one_in(2))
}

/// An apply of all or some fields of a Scenario.
fn applied(random: &mut Random, path: &str, manager: &str) -> Step {
    let (_, name) = split(path);
    let mut body = random_scenario(random, name);
    // If an apply removes the last label, the real server stores a null that is not visible, and its next write, even without changes,
    // removes the null and increases the version.
    body["metadata"].as_object_mut().unwrap().remove("labels");
    if random.one_in(2) {
        let word = random.pick(&WORDS);
        let spec = match random.next() % 4 {
            0 => json!({"title": word}),
            1 => json!({"probes": [{"name": word, "tcp": {"address": "b:1"}}]}),
            2 => json!({"dependsOn": random_words(random)}),
            _ => json!({"checks": [{"name": "answers", "message": "'m'"}]}),
        };
        body = object("Scenario", name, json!({"spec": spec}));
    }
    apply("apply", at(&forced(random, path)), manager, body)
}

/// An update with the last version of the object, or with another version.
fn update(random: &mut Random, path: &str) -> Step {
    let (_, name) = split(path);
    let mut body = random_scenario(random, name);
    let kept = OBJECTS.iter().find(|(other, _)| *other == path).map_or("sa", |(_, kept)| *kept);
    let kept = if random.one_in(5) { "s" } else { kept };
    body["metadata"]["resourceVersion"] = json!(format!("${{{kept}/metadata/resourceVersion}}"));
    put("update", at(path), body)
}

fn finalize(random: &mut Random, path: &str) -> Step {
    let finalizers = if random.one_in(2) { json!(["example.com/hold"]) } else { Value::Null };
    let body = json!({"metadata": {"finalizers": finalizers}}).to_string();
    let media_type = if random.one_in(20) { JSON } else { MERGE };
    request("finalizers", Method::PATCH, at(path), media_type, &body)
}
