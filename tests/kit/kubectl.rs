//! kubectl: the one that is built with the tests' Kubernetes.

use super::wait::within;
use std::path::{Path, PathBuf};

/// How it ended, and what it printed.
pub struct Output {
    pub ok: bool,
    pub out: String,
    pub err: String,
}

/// `KUBECTL`, else where `tests/needs kubectl` puts it.
pub fn path() -> PathBuf {
    let built = || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/k8s/kubectl");
    let path = std::env::var_os("KUBECTL").map_or_else(built, PathBuf::from);
    assert!(path.is_file(), "kubectl is not at {}: run tests/needs kubectl, or set KUBECTL", path.display());
    path
}

/// kubectl with these arguments by a kubeconfig, ready to be run. `home`: in place of the user's own.
pub fn command(kubeconfig: &Path, home: &Path, arguments: &[&str]) -> tokio::process::Command {
    let mut command = tokio::process::Command::new(path());
    command.args(arguments).env("KUBECONFIG", kubeconfig).env("HOME", home).kill_on_drop(true);
    command
}

/// Runs it.
pub async fn run(mut command: tokio::process::Command) -> Output {
    let output = within(command.output()).await.unwrap();
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    Output { ok: output.status.success(), out: text(&output.stdout), err: text(&output.stderr) }
}
