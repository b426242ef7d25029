//! What staging beside production needs of the program: two addresses, its health as an exit code, and the two lines of the Desk's
//! worker.

use crate::kit::estate::{INTERNAL_TOKEN, Watched};
use crate::kit::{ports, process};
use serde_json::Value;
use std::net::SocketAddr;
use std::process::{Command, Output};

fn run(mut command: Command) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    (status.code(), String::from_utf8_lossy(&stdout).into_owned() + &String::from_utf8_lossy(&stderr))
}

fn health(address: SocketAddr, language: &str) -> (Option<i32>, String) {
    let mut command = process::command(["health", "--url", &format!("http://{address}")]);
    // A proxy is for other hosts.
    command.env("AGENTIC_LANGUAGE", language).env("http_proxy", "http://127.0.0.1:9");
    run(command)
}

#[tokio::test(flavor = "multi_thread")]
async fn staging_serves_both_addresses_and_says_how_it_is() {
    let mut staging = Watched::start("staging").await;
    for address in [staging.listen, staging.desk] {
        let (code, line) = health(address, "pt-BR");
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(
            (code, line.as_str()),
            (Some(0), format!("ok: estado do programa; nível T0, versão {version}\n").as_str())
        );
        let page = reqwest::get(format!("http://{address}/desk/findings/none")).await.unwrap();
        assert!(!page.status().is_server_error() && page.status() != 404, "{}", page.status());
    }
    assert!(staging.process.log().contains(&format!("http://{}/desk", staging.desk)), "{}", staging.process.log());

    // As the Desk's worker calls them.
    let line = |text: String| {
        let mut command = Command::new("sh");
        command.args(["-c", &text]).env("OPS_INTERNAL_TOKEN", INTERNAL_TOKEN).env("no_proxy", "*");
        let (code, answer) = run(command);
        assert_eq!(code, Some(0), "{text}: {answer}");
        serde_json::from_str::<Value>(&answer).unwrap_or_else(|error| panic!("{text}: {error}: {answer}"))
    };
    let host = staging.listen;
    assert_eq!(line(format!("curl -s http://{host}/api/v1/agents/health"))["status"], "ok");
    let tick = line(format!(
        "curl -s -X POST http://{host}/api/v1/agents/internal/tick -H \"X-Ops-Internal-Token: $OPS_INTERNAL_TOKEN\""
    ));
    assert!(tick["due"].is_number() && tick["ran"].is_number() && tick["results"].is_array(), "{tick}");

    staging.process.stop().await;
    for address in [staging.listen, staging.desk] {
        let (code, line) = health(address, "en");
        assert_eq!(code, Some(1), "{line}");
        assert!(line.contains("no answer") && line.lines().count() == 1, "{line}");
    }
    staging.estate.shutdown().await;
}

#[test]
fn an_address_that_cannot_be_asked_is_refused_with_what_would_be_right() {
    let (code, said) = run(process::command(["health", "--url", "127.0.0.1:8180"]));
    assert!(code == Some(2) && said.contains("http://127.0.0.1:8180"), "{code:?} {said}");
}

#[tokio::test]
async fn a_second_address_that_is_in_use_prevents_the_start() {
    let scratch = crate::kit::scratch::Scratch::new("desk-listen");
    let taken = std::net::TcpListener::bind(ports::any()).unwrap();
    let address = taken.local_addr().unwrap();
    let registry = scratch.file("registry.yaml", "");
    let mut command = process::command(["standalone", "--registry", &registry, "--listen", "127.0.0.1:0"]);
    command.args(["--kube-listen", "127.0.0.1:0", "--desk-listen", &address.to_string()]).arg("--data").arg(&scratch.0);
    command.current_dir(&scratch.0).env_clear();
    let (code, said) = run(command);
    assert!(code == Some(1) && said.contains(&format!("listen on {address}")), "{code:?} {said}");
}
