//! `agentic-ops check` as a separate process: its exit codes and output formats.

use crate::kit::scratch::Scratch;
use crate::kit::{ports, process};
use agentic_ops::cli::demo::estate::Estate;
use serde_json::Value;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

struct Check {
    scratch: Scratch,
    env_file: PathBuf,
}

impl Check {
    /// Checks `file` and returns the exit code and standard output. All targets are in the estate or unreachable.
    async fn run(&self, file: &Path, options: &[&str]) -> (i32, String) {
        let mut command = process::command(["check"]);
        command.arg(file).arg("--env-file").arg(&self.env_file).args(options);
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    }

    fn write(&self, name: &str, spec: &str) -> PathBuf {
        let head = format!("apiVersion: agentic.ligbox.io/v1alpha1\nkind: Scenario\nmetadata: {{name: {name}}}\n");
        let path = self.scratch.0.join(format!("{name}.yaml"));
        std::fs::write(&path, format!("{head}spec:\n  title: t\n  agent: pulso\n  severity: low\n{spec}")).unwrap();
        path
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_check_shows_what_it_read_and_errors_of_its_texts_and_a_held_one_says_why() {
    let scratch = Scratch::new("check-evidence");
    let estate = Estate::start(&scratch.0, ports::any()).await.unwrap();
    let env_file = scratch.0.join("check.env");
    let mut settings = estate.settings();
    settings.insert("AGENTIC_LANGUAGE".into(), "en".into());
    let lines: Vec<_> = settings.iter().map(|(name, value)| format!("{name}={value}")).collect();
    std::fs::write(&env_file, lines.join("\n")).unwrap();
    let check = Check { scratch, env_file };
    let spec = "
  probes: [{name: api, http: {url: \"${DESK_API_URL}/health\"}}, {name: gone, tcp: {address: \"127.0.0.1:1\"}}]
  checks:
  - {name: status, expect: probes.api.status == 418, message: probes.api.json.nope, show: probes.api.json.nope}
  - {name: body, requires: [status], expect: 'true'}
  - {name: port, expect: probes.gone.latency < 1.0}
";
    let file = check.write("evidence", spec);
    let (code, report) = check.run(&file, &["--output", "json"]).await;
    assert_eq!(code, 1, "{report}");
    let report: Value = serde_json::from_str(&report).unwrap();
    let of = |name: &str| {
        let checks = report["scenarios"][0]["checks"].as_array().unwrap();
        checks.iter().find(|check| check["name"] == name).unwrap().clone()
    };
    let status = of("status");
    assert_eq!(status["message"], "Check status failed (error in `message`: no such key: nope)");
    assert_eq!(status["show"], "error in `show`: no such key: nope");
    assert_eq!(status["expression"], "probes.api.status == 418");
    assert_eq!(status["values"], serde_json::json!([{"path": "probes.api.status", "value": "200"}]));
    assert_eq!(of("body")["message"], "not evaluated: check status, named in requires, does not pass");
    assert_eq!(of("port")["message"], "not evaluated: probe gone was not read");
    assert!(of("api").get("values").is_none(), "{report}");

    let wrong = check.write("wrong-show", &spec.replace("show: probes.api.json.nope", "show: probes.api.nope + item"));
    let (code, table) = check.run(&wrong, &["--no-run"]).await;
    assert!(code == 2 && table.contains("spec.checks[0].show"), "{code}: {table}");
    estate.shutdown().await;
}

/// Pairs of name with key and outcome, for the checks of one Scenario.
fn outcomes(report: &str, scenario: &str) -> Vec<(String, String)> {
    let report: Value = serde_json::from_str(report).unwrap();
    let found = report["scenarios"].as_array().unwrap().iter().find(|s| s["id"] == scenario).unwrap();
    let text = |v: &Value| v.as_str().unwrap().to_string();
    let checks = found["checks"].as_array().unwrap().iter();
    checks.map(|c| (text(&c["name"]) + &text(&c["key"]), text(&c["outcome"]))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_exit_code_distinguishes_pass_fail_and_unknown() {
    let scratch = Scratch::new("check");
    let estate = Estate::start(&scratch.0, ports::any()).await.unwrap();
    let env_file = scratch.0.join("check.env");
    let lines: Vec<_> = estate.settings().iter().map(|(name, value)| format!("{name}={value}")).collect();
    std::fs::write(&env_file, lines.join("\n")).unwrap();
    let check = Check { scratch, env_file };
    let registry = Path::new(env!("CARGO_MANIFEST_DIR")).join("registry.yaml");

    let (code, table) = check.run(&registry, &[]).await;
    assert_eq!(code, 0, "{table}");
    assert!(table.starts_with("CENÁRIO") && table.contains("vm-running (112)"), "{table}");

    estate.break_part("vm-112").unwrap();
    let (code, report) = check.run(&registry, &["--output", "json"]).await;
    assert_eq!(code, 1, "{report}");
    let seen = outcomes(&report, "proxmox.cluster");
    assert!(seen.contains(&("vm-running112".into(), "fail".into())), "{seen:?}");
    assert!(seen.contains(&("vm-running122".into(), "pass".into())), "{seen:?}");
    assert!(!report.contains("demo-pfsense-key"), "a secret in the report");
    let (_, table) = check.run(&registry, &[]).await;
    let lines: Vec<&str> = table.lines().collect();
    let row = lines.iter().position(|line| line.contains("vm-running (112)")).unwrap();
    let below: Vec<&str> = lines[row + 1..].iter().copied().take_while(|line| line.starts_with("    ")).collect();
    assert!(below.contains(&r#"      "status": "stopped","#) && below.contains(&r#"    item = "112""#), "{table}");

    let unset = check.write("unset", "  probes: [{name: web, http: {url: \"${NOT_SET}/x\"}}]\n");
    let (code, table) = check.run(&unset, &[]).await;
    assert!(code == 2 && table.contains("unknown") && table.contains("NOT_SET"), "{code}: {table}");

    let wrong = check.write("wrong", "  intervall: 5m\n  probes: [{name: web, tcp: {address: \"127.0.0.1\"}}]\n");
    let (code, table) = check.run(&wrong, &["--no-run"]).await;
    assert!(code == 2 && table.contains("invalid") && table.contains("spec.intervall"), "{code}: {table}");
    let (code, _) = check.run(&registry, &["--no-run"]).await;
    assert_eq!(code, 0, "nothing is read with --no-run");
    estate.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relative_path_of_a_database_begins_at_the_working_directory() {
    let scratch = Scratch::new("check-relative");
    let estate = Estate::start(&scratch.0, ports::any()).await.unwrap();
    let mut settings = estate.settings();
    settings.insert("DESK_DB_PATH".into(), "./estate/desk.db".into());
    let lines: Vec<_> = settings.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let env_file = scratch.file("check.env", &lines.join("\n"));
    let registry = Path::new(env!("CARGO_MANIFEST_DIR")).join("registry.yaml");
    let mut command = process::command(["check", "--env-file", &env_file, "--output", "json"]);
    command.arg(registry).current_dir(&scratch.0);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let report = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{report}");
    estate.shutdown().await;
}

/// Runs `check --no-run` with a file of settings and this standard input. Returns the exit code, standard output and errors.
async fn check_no_run(scratch: &Scratch, settings: &str, arguments: &[&str], input: String) -> (i32, String, String) {
    let env_file = scratch.file("settings.env", settings);
    let mut command = process::command(["check", "--no-run", "--env-file", &env_file]);
    command.args(arguments).current_dir(&scratch.0);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = tokio::task::spawn_blocking(move || {
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    });
    let output = output.await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

const SCENARIO: &str = "apiVersion: agentic.ligbox.io/v1alpha1\nkind: Scenario\nmetadata: {name: shop}\nspec:\n  title: t\n  agent: pulso\n  severity: low\n  probes: [{name: web, tcp: {address: \"127.0.0.1:9\"}}]\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exit_code_1_means_only_that_a_check_fails() {
    let scratch = Scratch::new("check-codes");
    std::fs::create_dir_all(scratch.0.join("empty")).unwrap();
    for (settings, arguments, input, says) in [
        ("", &["empty"][..], "", "nenhum Scenario"),
        ("", &["absent.yaml"], "", "absent.yaml: não pôde ser lido"),
        ("", &["-"], "", "nenhum Scenario"),
        ("A='x'y", &["-"], SCENARIO, "settings.env:1: A: text after the closing quote"),
        ("AGENTIC_INTERVAL_SEC=x", &["-"], SCENARIO, "AGENTIC_INTERVAL_SEC=x"),
        ("", &["-"], "kind: [", "não é YAML"),
    ] {
        let (code, output, errors) = check_no_run(&scratch, settings, arguments, input.into()).await;
        assert!(code == 2 && errors.contains(says), "{arguments:?} {input:?}: {code}: {output}{errors}");
    }
    let (code, output, errors) = check_no_run(&scratch, "", &["-"], SCENARIO.into()).await;
    assert!(code == 0 && output.contains("valid"), "{code}: {output}{errors}");
    assert!(errors.contains("nenhum Agent \"pulso\""), "{errors}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn subfolders_are_read_and_every_bad_file_is_named() {
    let scratch = Scratch::new("check-files");
    std::fs::create_dir_all(scratch.0.join("r/sub")).unwrap();
    scratch.file("r/a.yaml", SCENARIO);
    scratch.file("r/sub/b.yml", &SCENARIO.replace("shop", "other"));
    scratch.file("r/sub/twice.yaml", SCENARIO);
    scratch.file("r/name.yaml", &SCENARIO.replace("shop", "Shop."));
    std::fs::write(scratch.0.join("r/latin1.yaml"), b"title: a\xe7\xe3o").unwrap();
    let (code, output, errors) = check_no_run(&scratch, "", &["r"], String::new()).await;
    assert_eq!(code, 2, "{output}{errors}");
    for says in ["shop ", "other ", "Shop."] {
        assert!(output.contains(says), "{output}");
    }
    assert!(output.contains("r/name.yaml:3:12: metadata.name"), "{output}");
    assert!(
        errors.contains("r/latin1.yaml: a linha 1") && errors.contains("r/sub/twice.yaml:1:1: Scenario"),
        "{errors}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_reserved_name_is_refused_where_it_stands() {
    let scratch = Scratch::new("check-reserved");
    let env_file = scratch.0.join("check.env");
    std::fs::write(&env_file, "AGENTIC_LANGUAGE=en\n").unwrap();
    let check = Check { scratch, env_file };
    let file = check.write("agentic-ops", "  probes: [{name: p, tcp: {address: \"127.0.0.1:1\"}}]\n");
    let (code, output) = check.run(&file, &[]).await;
    assert_eq!(code, 2, "{output}");
    let says = "agentic-ops.yaml:3:12: metadata.name: \"agentic-ops\" is reserved";
    assert!(output.contains(says), "{output}");
}
