//! mailpit: a real mail server with an HTTP API to read what came.

use super::ports::lasting;
use super::process::Process;
use super::scratch::Scratch;
use super::wait::{eventually, succeeds};
use serde_json::Value;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

/// A running mail server on loopback. It ends when dropped.
pub struct Mailpit {
    pub smtp: SocketAddr,
    api: SocketAddr,
    _process: Process,
    _files: Scratch,
}

/// The path of mailpit, which `tests/needs channels` builds.
fn path() -> PathBuf {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/tools/bin/mailpit");
    assert!(path.is_file(), "mailpit is not at {}: run tests/needs channels", path.display());
    path
}

impl Mailpit {
    /// Starts a server, with further options of its command line. `files` are written first and passed as values of options.
    pub async fn start(options: &[&str], files: &[(&str, &str)]) -> Mailpit {
        let scratch = Scratch::new("mailpit");
        let (smtp, api) = (lasting(), lasting());
        let mut command = Command::new(path());
        command.args(["--smtp", &smtp.to_string(), "--listen", &api.to_string(), "--disable-version-check"]);
        command.args(["--smtp-disable-rdns", "--quiet", "--database"]).arg(scratch.0.join("mails.db")).args(options);
        for (option, content) in files {
            command.arg(option).arg(scratch.file(option.trim_start_matches('-'), content));
        }
        let process = Process::spawn("mailpit", &scratch, command);
        let mailpit = Mailpit { smtp, api, _process: process, _files: scratch };
        succeeds("mailpit", async || mailpit.get("/api/v1/info").await).await;
        succeeds("mailpit's SMTP", async || tokio::net::TcpStream::connect(smtp).await).await;
        mailpit
    }

    /// The summaries of all mails, the newest first.
    pub async fn list(&self) -> Vec<Value> {
        let found = self.get("/api/v1/messages?limit=1000").await.unwrap();
        found["messages"].as_array().unwrap().clone()
    }

    /// Waits until `count` mails came; all that came, the oldest first.
    pub async fn mails(&self, count: usize) -> Vec<Received> {
        let what = format!("{count} mails");
        let ids = eventually(&what, async || {
            let list = self.list().await;
            (list.len() >= count)
                .then(|| list.iter().rev().map(|mail| mail["ID"].as_str().unwrap().to_string()).collect())
        });
        let ids: Vec<String> = ids.await;
        let mut mails = Vec::new();
        for id in ids {
            let content = self.get(&format!("/api/v1/message/{id}")).await.unwrap();
            let headers = self.get(&format!("/api/v1/message/{id}/headers")).await.unwrap();
            mails.push(Received { content, headers });
        }
        mails
    }

    async fn get(&self, path: &str) -> Result<Value, String> {
        let url = format!("http://{}{path}", self.api);
        let answer =
            reqwest::get(url).await.and_then(reqwest::Response::error_for_status).map_err(|e| e.to_string())?;
        serde_json::from_str(&answer.text().await.map_err(|e| e.to_string())?).map_err(|e| e.to_string())
    }
}

/// A mail as mailpit parsed it.
pub struct Received {
    /// `Text`, `HTML`, `Subject`, `MessageID` and more.
    pub content: Value,
    headers: Value,
}

impl Received {
    /// The value of a header that the mail has once; empty if it does not have it.
    pub fn header(&self, name: &str) -> String {
        let values = self.headers[name].as_array().cloned().unwrap_or_default();
        assert!(values.len() <= 1, "{name}: {values:?}");
        values.first().and_then(Value::as_str).unwrap_or_default().to_string()
    }

    /// A part: `Text` or `HTML`.
    pub fn part(&self, name: &str) -> &str {
        self.content[name].as_str().unwrap()
    }
}
