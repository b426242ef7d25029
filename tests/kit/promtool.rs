//! promtool of Prometheus, which checks metrics.

use super::scratch::Scratch;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The path of promtool: that of the system, or the one that `tests/needs api` provides.
fn path() -> PathBuf {
    let directories = std::env::var_os("PATH").unwrap_or_default();
    let installed = std::env::split_paths(&directories).map(|directory| directory.join("promtool"));
    let built = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/tools/promtool");
    let found = installed.chain([built.clone()]).find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("promtool is neither installed nor at {}: run tests/needs api", built.display()))
}

fn run(arguments: &[&str], input: &str) -> Result<(), String> {
    let mut command = Command::new(path());
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    if output.status.success() { Ok(()) } else { Err(said) }
}

/// `promtool check metrics` of metrics in the text format; what it finds wrong.
pub fn check_metrics(text: &str) -> Result<(), String> {
    run(&["check", "metrics"], text)
}

/// Whether Prometheus reads metrics in OpenMetrics. promtool reads them where each sample has a time, which is added.
pub fn read_open_metrics(text: &str) -> Result<(), String> {
    let scratch = Scratch::new("promtool");
    let (input, output) = (scratch.0.join("metrics"), scratch.0.join("blocks"));
    let with_time =
        |line: &str| if line.starts_with('#') { format!("{line}\n") } else { format!("{line} 1800000000\n") };
    std::fs::write(&input, text.lines().map(with_time).collect::<String>()).unwrap();
    run(&["tsdb", "create-blocks-from", "openmetrics", input.to_str().unwrap(), output.to_str().unwrap()], "")
}
