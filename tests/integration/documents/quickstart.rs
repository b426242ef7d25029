//! `docs/quickstart.md`: each command of the checklist passes while staging runs, and fails while it does not.

use super::blocks::blocks;
use crate::kit::estate::{INTERNAL_TOKEN, Watched};
use crate::kit::wait::eventually;
use agentic_ops::api::Role;
use serde_json::Value;
use std::path::Path;
use std::process::Command;

const DOCUMENT: &str = "docs/quickstart.md";
const CHECKLIST: &str = "Lista de verificação antes da promoção";

/// Runs a command of the checklist on the ports of the test: the exit code, and the last line.
fn run(text: &str, watched: &Watched, token: &str) -> (Option<i32>, String) {
    let text = text.replace(":8180", &format!(":{}", watched.listen.port()));
    let text = text.replace(":8192", &format!(":{}", watched.desk.port()));
    let mut command = Command::new("sh");
    command.args(["-c", &text]).env("HOST", "127.0.0.1").env("no_proxy", "*");
    command.env("TOKEN", token).env("OPS_INTERNAL_TOKEN", INTERNAL_TOKEN);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).trim_end().to_string();
    (output.status.code(), said)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_command_of_the_checklist_passes_while_staging_runs_and_fails_while_it_does_not() {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(DOCUMENT)).unwrap();
    let mut watched = Watched::start("quickstart").await;
    let token = watched.token("ana", &[Role::OpsLead]);
    let scenarios = watched.url("/api/v1/agents/scenarios");
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    eventually("nine healthy Scenarios", || async {
        let answer = client.get(&scenarios).bearer_auth(&token).send().await.ok()?;
        let body: Value = serde_json::from_slice(&answer.bytes().await.ok()?).ok()?;
        let healthy = body["items"].as_array()?.iter().filter(|s| s["health"] == "healthy").count();
        (healthy == 9).then_some(())
    })
    .await;
    let commands: Vec<_> = blocks(&text).into_iter().filter(|block| block.language == "sh").collect();
    assert!(commands.len() >= 12 && commands.iter().all(|block| block.heading == CHECKLIST), "{}", commands.len());
    for block in &commands {
        assert_eq!(block.text.lines().count(), 1, "{}", block.text);
        assert_eq!(run(&block.text, &watched, &token), (Some(0), "PASSA".into()), "{}", block.text);
    }
    watched.process.stop().await;
    for block in &commands {
        assert_eq!(run(&block.text, &watched, &token), (Some(1), "FALHA".into()), "{}", block.text);
    }
    watched.estate.shutdown().await;
}
