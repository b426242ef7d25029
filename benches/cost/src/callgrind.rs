//! A program under Callgrind, which counts its instructions and calls.

use std::collections::HashMap;
use std::fs::{self, File};
use std::ops::{AddAssign, Sub};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The profile's file.
pub const PROFILE: &str = "callgrind.out";
/// How long a program may take to end; after that it is killed.
const END_MAX: Duration = Duration::from_secs(60);
/// The functions that Rust programs allocate by, whatever the allocator is. DHAT counts only those of the C library.
const ALLOCATIONS: [&str; 3] = ["__rust_alloc", "__rust_alloc_zeroed", "__rust_realloc"];

/// What was counted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    pub instructions: f64,
    pub allocations: f64,
    /// Requests that reached the target meanwhile.
    pub requests: f64,
}

impl Sub for Counts {
    type Output = Counts;

    fn sub(self, other: Counts) -> Counts {
        Counts {
            instructions: self.instructions - other.instructions,
            allocations: self.allocations - other.allocations,
            requests: self.requests - other.requests,
        }
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Counts) {
        self.instructions += other.instructions;
        self.allocations += other.allocations;
        self.requests += other.requests;
    }
}

/// A program that runs. It is killed when dropped.
pub struct Counted {
    child: Child,
    profile: PathBuf,
}

impl Counted {
    /// Starts a program that is not counted yet. Its output and the profile are in the directory.
    pub fn start(program: &mut Command, directory: &Path) -> Counted {
        let profile = directory.join(PROFILE);
        let log = File::create(directory.join("counted.log")).expect("a log");
        let mut command = Command::new("valgrind");
        command.args(["--tool=callgrind", "--instr-atstart=no"]);
        command.arg(format!("--callgrind-out-file={}", profile.display()));
        command.arg(program.get_program()).args(program.get_args());
        // The number of threads changes how often they wake each other.
        command.env("TOKIO_WORKER_THREADS", "2");
        let child = command.stdin(Stdio::null()).stdout(log.try_clone().expect("a log")).stderr(log).spawn();
        Counted { child: child.expect("valgrind, a Debian package, is not installed"), profile }
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|ended| ended.is_none())
    }

    /// Counts from now on, or no longer.
    pub fn count(&self, is_on: bool) {
        self.control(&["-i", if is_on { "on" } else { "off" }]);
    }

    /// What was counted so far does not count.
    pub fn begin(&self) {
        self.control(&["-z"]);
    }

    fn control(&self, arguments: &[&str]) {
        let control = Command::new("callgrind_control").args(arguments).arg(self.child.id().to_string()).output();
        assert!(control.is_ok_and(|control| control.status.success()), "callgrind_control {arguments:?} failed");
    }

    /// Ends the program, and tells what was counted.
    pub fn end(mut self) -> Counts {
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().expect("kill");
        let since = Instant::now();
        while self.is_running() && since.elapsed() < END_MAX {
            std::thread::sleep(Duration::from_millis(20));
        }
        let profile = fs::read_to_string(&self.profile).expect("a profile of callgrind");
        parse(&profile)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A profile with the right summary, which is wrong once the counters were set to zero: percentages are shown of it.
pub fn corrected(profile: &str) -> String {
    let total = parse(profile).instructions;
    let is_summary = |line: &&str| line.starts_with("summary: ");
    let summary = profile.lines().find(is_summary).unwrap_or_default();
    profile.replacen(summary, &format!("summary: {total:.0}"), 1)
}

/// Reads a profile: <https://valgrind.org/docs/manual/cl-format.html>.
fn parse(profile: &str) -> Counts {
    let mut counts = Counts::default();
    // A name is written once, and is a number from then on.
    let mut names: HashMap<&str, bool> = HashMap::new();
    let mut is_allocation = false;
    for line in profile.lines() {
        if let Some(total) = line.strip_prefix("totals: ") {
            counts.instructions = total.trim().parse().unwrap_or_default();
        } else if let Some(called) = line.strip_prefix("cfn=").or(line.strip_prefix("fn=")) {
            let (number, name) = called.split_once(' ').unwrap_or((called, ""));
            if !name.is_empty() {
                let function = name.rsplit("::").next().unwrap_or_default();
                names.insert(number, ALLOCATIONS.contains(&function));
            }
            is_allocation = line.starts_with('c') && names.get(number).is_some_and(|is_one| *is_one);
        } else if let Some(calls) = line.strip_prefix("calls=")
            && is_allocation
        {
            let calls = calls.split(' ').next().unwrap_or_default();
            counts.allocations += calls.parse::<f64>().unwrap_or_default();
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_of_allocators_are_counted_also_where_their_name_is_a_number() {
        let profile = "fn=(1) a\n5 10\ncfn=(2) __rustc::__rust_alloc\ncalls=3 0\n5 30\ncfn=(3) b::__rust_dealloc\n\
            calls=9 0\n5 30\nfn=(4) c\ncfn=(2)\ncalls=4 0\n6 1\ntotals: 71\n";
        let counts = parse(profile);
        assert_eq!((counts.instructions, counts.allocations), (71.0, 7.0));
    }

    #[test]
    fn the_summary_is_the_total() {
        assert_eq!(corrected("summary: 99\n1 5\ntotals: 5\n"), "summary: 5\n1 5\ntotals: 5\n");
    }
}
