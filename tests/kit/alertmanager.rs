//! The types of Alertmanager, which decode the bodies of webhooks.

use serde_json::Value;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The path of the decoder, which `tests/needs channels` builds.
fn path() -> PathBuf {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/tools/webhook/decode");
    assert!(path.is_file(), "the types of Alertmanager are not at {}: run tests/needs channels", path.display());
    path
}

/// Decodes a body as a receiver of Alertmanager does, without unknown fields: for each alert its status, fingerprint, start and name.
/// The error is that of the decoder.
pub fn decode(body: &Value) -> Result<Vec<String>, String> {
    let mut command = Command::new(path());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(body.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_string());
    }
    Ok(String::from_utf8_lossy(&output.stdout).lines().map(String::from).collect())
}
