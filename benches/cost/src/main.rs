//! Counts the instructions and allocations of a probe through the whole program, and of bare hyper: `probe-cost show PROGRAM [PROFILE]`,
//! `probe-cost check PROGRAM RECORDED` and `probe-cost record PROGRAM RECORDED`.
//!
//! Nothing is timed: Callgrind counts while the program reads targets at two rates, and the difference is divided by that of the
//! requests. So what the program does besides, and its start, do not count.

mod bare;
mod callgrind;
mod figures;
mod program;
mod target;

use callgrind::Counts;
use figures::{Cost, Figures};
use program::{RATES, count_bare, count_program};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

/// More than the tasks that wait for processes, so that the target always answers.
const THREADS: usize = 8;
/// Counts of which the least is taken.
const COUNTS: usize = 3;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        // Callgrind starts it.
        ["bare", ..] => Runtime::new().expect("a runtime").block_on(bare::run_evenly(&arguments[1..])),
        ["show", program] => println!("{}", count(program, None)),
        ["show", program, profile] => println!("{}", count(program, Some(profile))),
        ["record", program, recorded] => least(program, |_| false).write(Path::new(recorded)),
        ["check", program, recorded] => {
            let known = Figures::read(Path::new(recorded));
            let figures = least(program, |figures| figures.differences(&known).is_empty());
            let differences = figures.differences(&known);
            if !differences.is_empty() {
                eprintln!("a probe does not cost what {recorded} says:\n  {}", differences.join("\n  "));
                eprintln!("where that is intended, write the figures anew with tests/cost/run --record, and say why");
                return ExitCode::FAILURE;
            }
        }
        _ => {
            eprintln!(
                "probe-cost show PROGRAM [PROFILE], probe-cost check PROGRAM RECORDED, probe-cost record PROGRAM RECORDED"
            );
            return ExitCode::from(64);
        }
    }
    ExitCode::SUCCESS
}

/// The least of a few counts, or of those until one `is_enough`. A busy machine wakes the program more often: that only adds to the
/// cost.
fn least(program: &str, is_enough: impl Fn(&Figures) -> bool) -> Figures {
    let mut least: Option<Figures> = None;
    for _ in 0..COUNTS {
        let figures = count(program, None);
        println!("{figures}");
        let figures = least.map_or(figures, |known| known.min(figures));
        if is_enough(&figures) {
            return figures;
        }
        least = Some(figures);
    }
    least.expect("a count")
}

/// `profile`: where the profile of Callgrind is kept, of the program with more probes.
fn count(program: &str, profile: Option<&str>) -> Figures {
    let program = PathBuf::from(program);
    let runtime = Builder::new_multi_thread().worker_threads(THREADS).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        // Tasks, since each waits for processes.
        let kept = [None, profile.map(PathBuf::from)];
        let count = |at: usize| tokio::spawn(count_program(program.clone(), RATES[at], kept[at].clone()));
        let programs = [count(0), count(1)];
        let bare = RATES.map(|rate| tokio::spawn(count_bare(rate)));
        Figures { program: cost(programs).await, bare: cost(bare).await }
    })
}

async fn cost([few, many]: [JoinHandle<Counts>; 2]) -> Cost {
    Cost::between(few.await.expect("counts"), many.await.expect("counts"))
}
