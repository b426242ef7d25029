//! Results: the differences as text, and the table in `docs/conformance.md`.

use crate::conformance::servers::Response;
use crate::conformance::story::{Step, Story};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// One row of the table.
pub struct Row {
    pub step: String,
    pub request: String,
    pub code: u16,
    pub reason: String,
    pub verdict: Verdict,
}

impl Row {
    pub fn new(step: &Step, theirs: &Response, verdict: Verdict) -> Row {
        let (code, reason) = (theirs.code, theirs.reason.clone());
        Row { step: step.name.clone(), request: request(step), code, reason, verdict }
    }
}

pub enum Verdict {
    Same,
    /// An expected difference, with its reason.
    Differs(&'static str),
    /// Unexpected differences.
    Wrong(Vec<String>),
}

/// All differences between two responses.
pub fn differences(mine: &Response, theirs: &Response) -> Vec<String> {
    let comparable =
        |o: &Response| json!({"code": o.code, "warnings": o.warnings, "content-type": o.media_type, "body": o.body});
    if (mine.code, &mine.reason) != (theirs.code, &theirs.reason) {
        let brief = |o: &Response| match o.body.pointer("/details/causes") {
            Some(causes) => format!("{} {} {causes}", o.code, o.reason),
            None => answer(o.code, &o.reason),
        };
        return vec![format!("embedded {}, real {}: {}", brief(mine), brief(theirs), theirs.words)];
    }
    let mut out = Vec::new();
    compare(&comparable(mine), &comparable(theirs), "", &mut out);
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

/// The request as shown in the table.
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

/// Fails on unexpected differences, and if the committed table is stale.
pub fn check(stories: &[Story], results: &[Vec<Row>]) {
    let cases = results.iter().flatten().count();
    let wrong = results.iter().flatten().filter(|row| matches!(row.verdict, Verdict::Wrong(_))).count();
    println!("{cases} cases, {wrong} of them differ and should not");
    let text = render(stories, results);
    if wrong == 0 && std::env::var_os("CONFORMANCE_WRITE").is_some() {
        std::fs::create_dir_all(file().parent().unwrap()).unwrap();
        std::fs::write(file(), &text).unwrap();
    }
    assert_eq!(wrong, 0, "{wrong} of {cases} cases differ");
    let is_complete = std::env::var_os("CONFORMANCE_ONLY").is_none();
    let committed = std::fs::read_to_string(file()).unwrap_or_default();
    assert!(!is_complete || committed == text, "docs/conformance.md is stale: run this with CONFORMANCE_WRITE=1");
}

/// Compares status codes and reasons of the embedded server with the committed table.
pub fn check_embedded(stories: &[Story], results: &[Vec<Row>]) {
    let committed = std::fs::read_to_string(file()).expect("docs/conformance.md");
    let is_complete = std::env::var_os("CONFORMANCE_ONLY").is_none();
    let text = render(stories, results);
    let wrong: Vec<&str> = text.lines().filter(|line| !committed.contains(line)).collect();
    assert!(wrong.is_empty(), "different from docs/conformance.md:\n{}", wrong.join("\n"));
    assert!(!is_complete || committed == text, "docs/conformance.md is stale: run this against a real API server");
}

fn answer(code: u16, reason: &str) -> String {
    format!("{code} {reason}").trim().to_string()
}

const HEAD: &str = "# Conformance

Generated by `tests/conformance`, which sends each request below to the embedded API server and to kube-apiserver 1.36 and compares
status code, warnings, media type, `reason`, the fields of `details.causes` and the object. Names of namespaces, uids, times and
versions are normalised first; the text of messages and descriptions is not compared. `same`: no other difference. `…` is a namespace,
`${NAME/POINTER}` a value of an earlier response.

## Limitations of the embedded server

- It serves the kinds of `crds/` and, of the built-in kinds, namespaces, secrets, configmaps, events (both groups), leases, self
  reviews, and services, which are stored as they are sent, without defaults; only `default/kubernetes` exists at the start. Every other
  kind is a 404, and so is every subresource except `status` of our kinds.
- `/openapi/v2` contains no kinds: kubectl does not validate the items of a `List`; the server does.
- Of a field, such as `spec`, that an update leaves as it is, only transition rules are evaluated. kube-apiserver decides this for each
  value in it: an object that was stored before a rule became stricter can be changed there more often.
- There is no garbage collector: deleting an owner does not delete its dependents, and `propagationPolicy` has no effect.
- A namespace is deleted immediately with its contents, where kube-apiserver empties it first.
- Every client with the bearer token can do everything: there is no RBAC, no admission policy and no quota.
- The versions of the last two minutes are kept in memory, at most 10,000: older ones, and those from before a start, are gone (410). A
  watch with bookmarks has one each minute and at its timeout.
- A method that a path does not have is a 405, also where kube-apiserver responds as to GET (groups, the kinds of a group of
  CustomResourceDefinitions, OpenAPI) or fails because of the missing or superfluous name (custom resources).
- Responses are JSON; requests can be JSON, YAML, or, of built-in kinds, protobuf.
";

fn render(stories: &[Story], results: &[Vec<Row>]) -> String {
    let mut out = HEAD.to_string();
    let rows = || results.iter().flatten();
    let differing = rows().filter(|row| matches!(row.verdict, Verdict::Differs(_))).count();
    let all = rows().count();
    let _ = write!(
        out,
        "\n## Requests\n\n{all} requests: {} have the same response, {differing} do not.\n",
        all - differing
    );
    for (story, rows) in stories.iter().zip(results) {
        let _ = write!(out, "\n### {}\n\n", story.name);
        match story.name.as_str() {
            "methods" => grouped("path | methods", rows, &mut out),
            name if name.starts_with("limits of") => grouped("field | values", rows, &mut out),
            _ => table(rows, &mut out),
        }
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
    out.push_str("| case | request | kube-apiserver | embedded |\n|---|---|---|---|\n");
    let escaped = |text: &str| text.replace('|', "\\|");
    for row in rows {
        let (step, request) = (escaped(&row.step), escaped(&row.request));
        let _ = writeln!(out, "| {step} | `{request}` | {} | {} |", answer(row.code, &row.reason), result(row));
    }
}

/// One row for each field or path: what was tried, and the status codes.
fn grouped(head: &str, rows: &[Row], out: &mut String) {
    let _ = writeln!(out, "| {head} and kube-apiserver's status codes | embedded |\n|---|---|---|");
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
