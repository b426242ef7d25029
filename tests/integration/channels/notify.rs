//! `agentic-ops notify test` as a process.

use crate::kit::alertmanager::decode;
use crate::kit::faulty_smtp::{FaultySmtp, say};
use crate::kit::mailpit::Mailpit;
use crate::kit::ports::any;
use crate::kit::process::command;
use crate::kit::scratch::Scratch;
use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use axum::routing::post;
use serde_json::Value;
use std::process::Output;
use std::sync::{Arc, Mutex};

/// Paths and bodies of requests.
type Bodies = Arc<Mutex<Vec<(String, Value)>>>;

/// Runs `notify test` with these settings and arguments.
async fn run(settings: &str, arguments: &[&str]) -> Output {
    let scratch = Scratch::new("notify");
    let file = scratch.file("settings", settings);
    let mut command = command(["notify", "test", "--env-file", &file]);
    command.args(arguments).current_dir(&scratch).env_clear();
    tokio::task::spawn_blocking(move || {
        let output = command.output().unwrap();
        drop(scratch);
        output
    })
    .await
    .unwrap()
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_configured_channel_gets_a_test_message() {
    let mailpit = Mailpit::start(&["--smtp-auth-allow-insecure"], &[("--smtp-auth-file", "ana:geheim-123\n")]).await;
    let bodies = Bodies::default();
    let keep = async |State(kept): State<Bodies>, uri: Uri, body: axum::Json<Value>| {
        kept.lock().unwrap().push((uri.path().to_string(), body.0));
    };
    let app = Router::new().route("/", post(keep)).route("/hook-geheim", post(keep)).with_state(bodies.clone());
    let listener = tokio::net::TcpListener::bind(any()).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    let settings = format!(
        "SMTP_URL=smtp://ana:geheim-123@{}?tls=none\nMAIL_FROM=ops@example.com\n\
         DESK_ROOT_NOTIFY_EMAIL=ana@example.org, bia@example.org\nNTFY_BASE_URL=http://{address}\n\
         DESK_OPS_NTFY_TOPIC=topic-geheim\nAGENTIC_WEBHOOK_URL=http://{address}/hook-geheim\n",
        mailpit.smtp
    );
    let output = run(&settings, &[]).await;
    let shown = text(&output);
    assert_eq!(output.status.code(), Some(0), "{shown}");
    assert!(!shown.contains("geheim") && !shown.contains("Z2Vo"), "{shown}");
    for line in ["  > MAIL FROM:<ops@example.com>", "  > RCPT TO:<bia@example.org>", "  < 354 ", "  > ***", "HTTP 200"]
    {
        assert!(shown.contains(line), "{line}: {shown}");
    }
    assert_eq!(shown.matches(": aceita: ").count(), 4, "{shown}");
    let mails = mailpit.mails(2).await;
    assert_eq!(mails[0].content["Subject"], "Mensagem de teste do Agentic Ops");
    let bodies = std::mem::take(&mut *bodies.lock().unwrap());
    let paths: Vec<&str> = bodies.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths, ["/", "/hook-geheim"]);
    assert_eq!(bodies[0].1["topic"], "topic-geheim");
    assert_eq!(decode(&bodies[1].1).unwrap().len(), 1);

    // By one channel only.
    let output = run(&format!("{settings}AGENTIC_LANGUAGE=en\n"), &["--channel", "mail"]).await;
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert_eq!(text(&output).matches(": accepted: ").count(), 2, "{}", text(&output));
    assert_eq!(mailpit.mails(4).await[3].content["Subject"], "Test message of Agentic Ops");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_not_accepted_is_exit_code_1() {
    let server = FaultySmtp::start(&[("RCPT", say("550 5.1.1 nobody here"))]).await;
    let settings = format!(
        "SMTP_URL=smtp://{}?tls=none\nMAIL_FROM=ops@example.com\nDESK_ROOT_NOTIFY_EMAIL=ana@example.org\n",
        server.address
    );
    let output = run(&settings, &[]).await;
    let shown = text(&output);
    assert_eq!(output.status.code(), Some(1), "{shown}");
    assert!(shown.contains("mail: recusada em definitivo: RCPT TO: 550 5.1.1 nobody here"), "{shown}");
    assert!(shown.contains("ntfy: não configurado; configurações sem valor: DESK_OPS_NTFY_TOPIC"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_configured_is_named_with_exit_code_2() {
    let output = run("AGENTIC_LANGUAGE=en\nMAIL_FROM=ops@example.com\n", &[]).await;
    let shown = text(&output);
    assert_eq!(output.status.code(), Some(2), "{shown}");
    for line in [
        "no channel is configured:",
        "mail: not configured; settings without a value: SMTP_URL, DESK_ROOT_NOTIFY_EMAIL",
        "ntfy: not configured; settings without a value: DESK_OPS_NTFY_TOPIC",
        "webhook: not configured; settings without a value: AGENTIC_WEBHOOK_URL",
    ] {
        assert!(shown.contains(line), "{line}: {shown}");
    }
    let output = run("AGENTIC_WEBHOOK_URL=http://127.0.0.1:9/\n", &["--channel", "ntfy"]).await;
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    let output = run("SMTP_URL=http://u:geheim@h\n", &[]).await;
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    assert!(text(&output).contains("SMTP_URL=***") && !text(&output).contains("geheim"), "{}", text(&output));
    let sender = "SMTP_URL=smtp://127.0.0.1:9?tls=none\nMAIL_FROM=a@example.org,b@example.org\n";
    let output = run(sender, &[]).await;
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    assert!(text(&output).contains("MAIL_FROM="), "{}", text(&output));
}
