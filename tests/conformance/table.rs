//! What came of it: differences in words, and the table in the docs.

use crate::conformance::servers::Outcome;
use crate::conformance::story::{Step, Story};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// One line of the table.
pub struct Row {
    pub step: String,
    pub request: String,
    pub code: u16,
    pub reason: String,
    pub verdict: Verdict,
}

impl Row {
    pub fn new(step: &Step, theirs: &Outcome, verdict: Verdict) -> Row {
        let (code, reason) = (theirs.code, theirs.reason.clone());
        Row { step: step.name.clone(), request: request(step), code, reason, verdict }
    }
}

pub enum Verdict {
    Same,
    /// As documented, and why.
    Differs(&'static str),
    /// As nobody expected.
    Wrong(Vec<String>),
}

/// Each place where two answers differ.
pub fn differences(mine: &Outcome, theirs: &Outcome) -> Vec<String> {
    let whole =
        |o: &Outcome| json!({"code": o.code, "warnings": o.warnings, "content-type": o.media_type, "body": o.body});
    if (mine.code, &mine.reason) != (theirs.code, &theirs.reason) {
        let brief = |o: &Outcome| match o.body.pointer("/details/causes") {
            Some(causes) => format!("{} {} {causes}", o.code, o.reason),
            None => answer(o.code, &o.reason),
        };
        return vec![format!("embedded {}, real {}: {}", brief(mine), brief(theirs), theirs.words)];
    }
    let mut out = Vec::new();
    compare(&whole(mine), &whole(theirs), "", &mut out);
    out
}

fn compare(mine: &Value, theirs: &Value, at: &str, out: &mut Vec<String>) {
    match (mine, theirs) {
        (Value::Object(a), Value::Object(b)) => {
            let names = a.keys().chain(b.keys().filter(|name| !a.contains_key(*name)));
            for name in names {
                let inner = format!("{at}/{name}");
                match (a.get(name), b.get(name)) {
                    (Some(a), Some(b)) => compare(a, b, &inner, out),
                    (a, b) => out.push(format!("{inner}: embedded {}, real {}", shown(a), shown(b))),
                }
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().for_each(|(i, (a, b))| compare(a, b, &format!("{at}/{i}"), out));
        }
        (a, b) if a == b => {}
        (a, b) => out.push(format!("{at}: embedded {}, real {}", shown(Some(a)), shown(Some(b)))),
    }
}

fn shown(value: Option<&Value>) -> String {
    let text = value.map_or("nothing".into(), Value::to_string);
    if text.len() > 700 { text.chars().take(700).chain("…".chars()).collect() } else { text }
}

/// The request as the table shows it.
pub fn request(step: &Step) -> String {
    let media_type = step.headers.iter().find(|(name, _)| *name == "content-type").map(|(_, value)| value.as_str());
    let patch = match media_type.filter(|_| step.method == http::Method::PATCH) {
        Some("application/json-patch+json") => " (JSON)",
        Some("application/merge-patch+json") => " (merge)",
        Some("application/strategic-merge-patch+json") => " (strategic)",
        Some("application/apply-patch+yaml") => " (apply)",
        _ => "",
    };
    let path = step.path.replace("/namespaces/$ns/", "/…/");
    let path = path.trim_start_matches("/apis/").trim_start_matches("/api/");
    let path: String =
        if path.len() > 120 { path.chars().take(120).chain("…".chars()).collect() } else { path.into() };
    format!("{}{patch} {path}", step.method)
}

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/conformance.md")
}

/// Fails on what nobody expected, and where the table in the docs is not this one.
pub fn check(stories: &[Story], told: &[Vec<Row>]) {
    let cases = told.iter().flatten().count();
    let wrong = told.iter().flatten().filter(|row| matches!(row.verdict, Verdict::Wrong(_))).count();
    println!("{cases} cases, {wrong} of them differ and should not");
    let text = render(stories, told);
    if wrong == 0 && std::env::var_os("CONFORMANCE_WRITE").is_some() {
        std::fs::create_dir_all(file().parent().unwrap()).unwrap();
        std::fs::write(file(), &text).unwrap();
    }
    assert_eq!(wrong, 0, "{wrong} of {cases} cases differ");
    let is_whole = std::env::var_os("CONFORMANCE_ONLY").is_none();
    let committed = std::fs::read_to_string(file()).unwrap_or_default();
    assert!(!is_whole || committed == text, "docs/conformance.md is stale: run this with CONFORMANCE_WRITE=1");
}

/// Holds the codes and reasons of the embedded server alone against the table.
pub fn check_embedded(stories: &[Story], told: &[Vec<Row>]) {
    let committed = std::fs::read_to_string(file()).expect("docs/conformance.md");
    let is_whole = std::env::var_os("CONFORMANCE_ONLY").is_none();
    let text = render(stories, told);
    let wrong: Vec<&str> = text.lines().filter(|line| !committed.contains(line)).collect();
    assert!(wrong.is_empty(), "not as docs/conformance.md has it of the real server:\n{}", wrong.join("\n"));
    assert!(!is_whole || committed == text, "docs/conformance.md is stale: run this beside a real server");
}

fn answer(code: u16, reason: &str) -> String {
    format!("{code} {reason}").trim().to_string()
}

const HEAD: &str = "# Conformance

Made by `tests/conformance`, which puts each request below to the embedded API server and to a real kube-apiserver 1.36 and
compares status code, warnings, media type, `reason`, the fields of `details.causes` and the object itself. Names of namespaces,
uids, times and versions are made equal before; the words of messages and descriptions are not compared. `same`: nothing else
differs. `…` is a namespace, `${NAME/POINTER}` a value of an earlier answer.

## What the embedded server does not do

- It serves the kinds of `crds/`, and of core namespaces, secrets, configmaps, events (of both groups), leases, self reviews and
  an empty list of services; every other kind is a 404, and so is every subresource but `status` of our own kinds.
- `/openapi/v2` has no kinds: of a `List` kubectl then checks nothing itself, and the server checks each item as ever.
- Nothing collects garbage: an owner that goes takes nothing with it, and `propagationPolicy` changes nothing.
- A namespace goes at once with all that is in it, where the real one empties it first and answers meanwhile.
- Whoever bears its token may do everything: there is no RBAC, no admission policy, no quota.
- Versions are remembered in memory, 10,000 of them: what is older, or from before a start, is gone (410).
- It speaks JSON, and reads YAML and the protobuf that kubectl sends; it answers in no other form.
";

fn render(stories: &[Story], told: &[Vec<Row>]) -> String {
    let mut out = HEAD.to_string();
    let rows = || told.iter().flatten();
    let differing = rows().filter(|row| matches!(row.verdict, Verdict::Differs(_))).count();
    let all = rows().count();
    let _ =
        write!(out, "\n## Requests\n\n{all} requests: {} are answered alike, {differing} are not.\n", all - differing);
    for (story, rows) in stories.iter().zip(told) {
        let _ = write!(out, "\n### {}\n\n", story.name);
        if story.name.starts_with("limits of") { limits(rows, &mut out) } else { table(rows, &mut out) }
    }
    out
}

fn result(row: &Row) -> &str {
    match &row.verdict {
        Verdict::Same => "same",
        Verdict::Differs(why) => why,
        Verdict::Wrong(_) => "WRONG",
    }
}

fn table(rows: &[Row], out: &mut String) {
    out.push_str("| case | request | the real answer | embedded |\n|---|---|---|---|\n");
    let escaped = |text: &str| text.replace('|', "\\|");
    for row in rows {
        let (step, request) = (escaped(&row.step), escaped(&row.request));
        let _ = writeln!(out, "| {step} | `{request}` | {} | {} |", answer(row.code, &row.reason), result(row));
    }
}

/// Limits in a line for each field: what was tried, and the real answer.
fn limits(rows: &[Row], out: &mut String) {
    out.push_str("| field | what was tried, and the real answer | embedded |\n|---|---|---|\n");
    let field = |row: &Row| row.step.split_once(": ").map_or(row.step.clone(), |(field, _)| field.to_string());
    for rows in rows.chunk_by(|a, b| field(a) == field(b) && result(a) == result(b)) {
        let tried: Vec<String> = rows
            .iter()
            .map(|row| {
                let what = row.step.split_once(": ").map_or("made", |(_, what)| what);
                format!("{what}: {}", row.code)
            })
            .collect();
        let _ = writeln!(out, "| {} | {} | {} |", field(&rows[0]), tried.join(", "), result(&rows[0]));
    }
}
