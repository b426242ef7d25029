//! kubectl, in the version of the Kubernetes that the tests use.

use super::wait::within;
use std::path::{Path, PathBuf};

/// Whether kubectl succeeded, and its output.
pub struct Output {
    pub ok: bool,
    pub out: String,
    pub err: String,
}

/// The path of kubectl: `KUBECTL`, or the one that `tests/needs kubectl` builds.
pub fn path() -> PathBuf {
    let built = || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/k8s/kubectl");
    let path = std::env::var_os("KUBECTL").map_or_else(built, PathBuf::from);
    assert!(path.is_file(), "kubectl is not at {}: run tests/needs kubectl, or set KUBECTL", path.display());
    path
}

/// A command that runs kubectl with a kubeconfig and these arguments. `home` replaces the home directory of the user.
pub fn command(kubeconfig: &Path, home: &Path, arguments: &[&str]) -> tokio::process::Command {
    let mut command = tokio::process::Command::new(path());
    command.args(arguments).env("KUBECONFIG", kubeconfig).env("HOME", home).kill_on_drop(true);
    command
}

/// Runs a kubectl command.
pub async fn run(mut command: tokio::process::Command) -> Output {
    let output = within(command.output()).await.unwrap();
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    Output { ok: output.status.success(), out: text(&output.stdout), err: text(&output.stderr) }
}
