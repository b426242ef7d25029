//! Measured processes: started by the benchmark, measured through /proc, and stopped with it.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The unit of CPU time in /proc is 1/100 s on all supported Linux platforms.
const TICKS_PER_SECOND: f64 = 100.0;

/// A child process, killed when dropped.
pub struct Process {
    child: Child,
    name: String,
}

impl Process {
    /// Starts a process. Its output goes to a file in the scratch directory, for troubleshooting.
    pub fn start(name: &str, command: &mut Command, scratch: &std::path::Path) -> Process {
        let log =
            fs::File::options().create(true).append(true).open(scratch.join(format!("{name}.log"))).expect("a log");
        let child = command.stdin(Stdio::null()).stdout(log.try_clone().expect("a log")).stderr(log).spawn();
        let child = child.unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        Process { child, name: name.into() }
    }

    /// Starts a process and reads the first line of its output.
    pub fn start_and_read_line(name: &str, command: &mut Command) -> (Process, String) {
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let mut child = child.unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
        (Process { child, name: name.into() }, line.trim().to_string())
    }

    /// User and system CPU time so far, in seconds.
    pub fn cpu_seconds(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()));
        let stat = stat.unwrap_or_else(|_| panic!("{} has ended", self.name));
        // The name, in parentheses, can contain spaces.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = |at: usize| fields[at].parse::<f64>().expect("ticks");
        (ticks(11) + ticks(12)) / TICKS_PER_SECOND
    }

    /// Resident memory, in MiB.
    pub fn resident_mib(&self) -> f64 {
        self.status_mib("VmRSS:")
    }

    /// The most resident memory so far, in MiB.
    pub fn peak_mib(&self) -> f64 {
        self.status_mib("VmHWM:")
    }

    fn status_mib(&self, field: &str) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.unwrap_or_else(|_| panic!("{} has ended", self.name));
        let line = status.lines().find_map(|line| line.strip_prefix(field)).expect("a field of the status");
        line.trim().trim_end_matches(" kB").parse::<f64>().expect("kB") / 1024.0
    }

    /// Terminates the process and waits for its end. Returns how long that took.
    pub fn stop(mut self) -> Duration {
        let pid = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &pid]).status().expect("kill");
        let start = Instant::now();
        while self.child.try_wait().expect("a child").is_none() {
            assert!(start.elapsed() < Duration::from_secs(20), "{} does not stop", self.name);
            std::thread::sleep(Duration::from_millis(10));
        }
        start.elapsed()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The process may already have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
