//! `docs/contracts/agent-platform-api.md`: every command is answered with the status that stands above it.

use super::blocks::{Block, blocks};
use crate::kit::estate::{INTERNAL_TOKEN, Watched};
use crate::kit::wait::eventually;
use agentic_ops::api::Role;
use agentic_ops::domain::fingerprint::finding_name;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

const DOCUMENT: &str = "docs/contracts/agent-platform-api.md";
const PREFIX: &str = "/api/v1/agents";

/// `curl` that writes the status of each answer to the file STATUSES.
const PRELUDE: &str = r#"
curl() {
  local body status
  body=$(mktemp)
  status=$(command curl -o "$body" -w '%{http_code}' "$@")
  echo "$status" >>"$STATUSES"
  cat "$body"
  rm "$body"
}
"#;

/// The routes that the program serves, as `GET /findings/{id}`.
fn served(document: &Value) -> BTreeSet<String> {
    let paths = document["paths"].as_object().unwrap();
    let of_path = |(path, operations): (&String, &Value)| {
        let path = path.strip_prefix(PREFIX).unwrap().to_string();
        let methods: Vec<_> = operations.as_object().unwrap().keys().cloned().collect();
        methods.into_iter().map(move |method| format!("{} {path}", method.to_uppercase()))
    };
    paths.iter().flat_map(of_path).collect()
}

/// Whether the path of a request is one of a route: `/findings/$FINDING?a=b` of `/findings/{id}`.
fn is_of(requested: &str, route: &str) -> bool {
    let path = route.split_once(' ').map_or(route, |(_, path)| path);
    let requested = requested.split(['?', '"']).next().unwrap_or_default();
    let (requested, path): (Vec<_>, Vec<_>) = (requested.split('/').collect(), path.split('/').collect());
    requested.len() == path.len()
        && requested.iter().zip(&path).all(|(given, part)| part.starts_with('{') || given == part)
}

/// The statuses that each request of a block may have.
fn wanted(block: &Block<'_>) -> Vec<Vec<String>> {
    let statuses = block.text.lines().filter_map(|line| line.strip_prefix("# "));
    statuses.map(|line| line.split(" or ").map(String::from).collect()).collect()
}

/// Whether the program serves everything that the block requests.
fn is_served(block: &Block<'_>, served: &BTreeSet<String>) -> bool {
    let mut requested =
        block.text.split("$BASE").skip(1).map(|rest| rest.split([' ', '\n', ')']).next().unwrap_or_default());
    served.contains(block.heading) && requested.all(|path| served.iter().any(|route| is_of(path, route)))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_is_answered_as_the_document_says() {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(DOCUMENT)).unwrap();
    let watched = Watched::start("contract").await;
    let token = watched.token("ana", &[Role::OpsLead]);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let get = async |path: &str| {
        let answer = client.get(watched.url(&format!("{PREFIX}{path}"))).bearer_auth(&token).send().await.ok()?;
        serde_json::from_slice::<Value>(&answer.bytes().await.ok()?).ok()
    };
    let served = served(&get("/openapi.json").await.unwrap());
    let documented: BTreeSet<_> = text.lines().filter_map(|line| line.strip_prefix("### ").map(String::from)).collect();
    let missing: Vec<_> = served.difference(&documented).collect();
    assert!(missing.is_empty(), "{DOCUMENT} does not have {missing:?}");

    for part in ["vm-112", "quorum", "desk-down"] {
        watched.estate.break_part(part).unwrap_or_else(|error| panic!("{part}: {error}"));
    }
    eventually("three Findings", || async { get("/findings").await?["items"].as_array()?.get(2).map(drop) }).await;
    // The Finding that the document names.
    let finding = finding_name("proxmox.cluster", "vm-running", "112");
    assert!(text.contains(&format!("FINDING={finding} ")), "{DOCUMENT} should have FINDING={finding}");
    let pending = async || {
        let finding = get(&format!("/findings/{finding}")).await?;
        let messages = get(&format!("/threads/{}/messages", finding["thread_id"].as_str()?)).await?;
        messages["items"].as_array()?.iter().find(|message| message["needs_ack"] == true).map(drop)
    };
    eventually("its pending Message", || pending()).await;
    let blocks: Vec<_> = blocks(&text).into_iter().filter(|block| block.language == "sh").collect();
    let mut ran = 0;
    for (number, block) in blocks.iter().enumerate() {
        if !is_served(block, &served) {
            eprintln!("skipped, since the program does not serve all of it: {}", block.heading);
            continue;
        }
        let statuses = watched.scratch.0.join(format!("statuses-{number}"));
        let mut command = Command::new("bash");
        command.args(["-euo", "pipefail", "-c", &format!("{PRELUDE}{}", block.text)]).env("STATUSES", &statuses);
        command
            .env("BASE", watched.url(PREFIX))
            .env("TOKEN", &token)
            .env("FINDING", &finding)
            .env("OPS_INTERNAL_TOKEN", INTERNAL_TOKEN)
            .env("no_proxy", "*");
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        let given = std::fs::read_to_string(&statuses).unwrap_or_default();
        let (given, wanted): (Vec<_>, _) = (given.lines().collect(), wanted(block));
        let as_said = given.len() == wanted.len()
            && given.iter().zip(&wanted).all(|(given, may)| may.iter().any(|one| one == given));
        assert!(
            as_said && output.status.success(),
            "{}: {given:?}, not {wanted:?}\n{}\n{said}",
            block.heading,
            block.text
        );
        ran += 1;
    }
    assert!(ran >= 12, "only {ran} blocks ran");
    for route in &documented {
        let has_block = blocks.iter().any(|block| block.heading == route);
        assert!(has_block || !route.contains(" /"), "{DOCUMENT} has no command for {route}");
    }
    watched.stop().await;
}

#[test]
fn requests_are_recognised_as_those_of_a_route() {
    for (requested, route, is) in [
        ("/findings?phase=active\"", "GET /findings", true),
        ("/findings/$FINDING\"", "GET /findings/{id}", true),
        ("/findings/$FINDING/ack\"", "POST /findings/{id}/ack", true),
        ("/findings/$FINDING/ack\"", "GET /findings/{id}", false),
        ("/threads\"", "GET /findings", false),
    ] {
        assert_eq!(is_of(requested, route), is, "{requested} {route}");
    }
}
