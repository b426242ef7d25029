//! Expressions that are made to cost as much as possible, and random ones, under limits on processor time and address space.

pub mod cases;
mod extensions;

use super::*;
use cases::{Expected, cases};
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use std::process::Command;

/// Set in the process that is under limits.
const CHILD: &str = "AGENTIC_TEST_HOSTILE_CHILD";
/// More than what evaluations may take, since a debug build is several times slower and the allocator keeps what was freed.
const CPU_SECONDS: u32 = 300;
/// Address space besides what the process has before the first evaluation: 16 MiB, and room for the allocator.
const ADDRESS_SPACE: usize = 48 << 20;

fn outcome(source: &str, inputs: &Inputs) -> Result<Result<bool, EvalError>, CompileError> {
    Expression::compile(source, ResultType::Bool, PLAIN).map(|expression| expression.evaluate_bool(inputs, None))
}

/// `None` where a library function panicked.
fn class(outcome: &Result<Result<bool, EvalError>, CompileError>) -> Option<Expected> {
    match outcome {
        Err(_) => Some(Expected::Refused),
        Ok(Err(error)) if error.is_final() || *error == EvalError::PatternTooLarge => Some(Expected::Unknown),
        Ok(Err(EvalError::Panicked)) => None,
        Ok(_) => Some(Expected::Cheap),
    }
}

fn shown(source: &str) -> String {
    source.chars().take(120).collect()
}

#[test]
fn hostile_and_random_expressions_cost_what_they_may() {
    let test = "cel::tests::hostile::evaluates_under_limits";
    let executable = std::env::current_exe().unwrap();
    let output = Command::new("prlimit")
        .arg(format!("--cpu={CPU_SECONDS}"))
        .arg(executable)
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(CHILD, "1")
        // Each further arena of the allocator reserves address space.
        .env("MALLOC_ARENA_MAX", "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    let end: Vec<&str> = text.lines().rev().take(40).collect();
    let end = end.into_iter().rev().collect::<Vec<_>>().join("\n");
    assert!(output.status.success(), "{:?}: …\n{end}", output.status);
    assert!(text.contains("1 passed"), "the test has another name: {end}");
}

/// Only in the process that [`hostile_and_random_expressions_cost_what_they_may`] starts.
#[test]
fn evaluates_under_limits() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let fields = cases::fields();
    let inputs = inputs(fields.clone());
    let mut runner = TestRunner::deterministic();
    let sources = random::any_source();
    limit_address_space();
    let mut wrong = Vec::new();
    for (source, expected) in cases() {
        // The last line names the expression that ended the process.
        println!("{}", shown(&source));
        let outcome = outcome(&source, &inputs);
        if class(&outcome) != Some(expected) {
            wrong.push(format!("{}\n    {expected:?}, but {outcome:?}", shown(&source)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for _ in 0..2_000 {
        let source = sources.new_tree(&mut runner).unwrap().current().replace("probes.api.json.a", "probes.api.vms");
        let source = format!("[{source}].size() == 1").replace("probes.api.json.b", "probes.api.body");
        println!("{}", shown(&source));
        let _ = outcome(&source, &inputs);
    }
}

/// Limits the address space of this process to what it has now and [`ADDRESS_SPACE`].
fn limit_address_space() {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmSize:")).unwrap();
    let kibibytes: usize = line.trim().trim_end_matches(" kB").parse().unwrap();
    let limit = (kibibytes << 10) + ADDRESS_SPACE;
    let pid = std::process::id().to_string();
    let status = Command::new("prlimit").args(["--pid", &pid, &format!("--as={limit}")]).status().unwrap();
    assert!(status.success());
}
