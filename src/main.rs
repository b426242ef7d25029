//! Parses the command line and dispatches.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "commands answer on standard output")]

use agentic_ops::cli::{self, CliError};
use agentic_ops::listener;
use agentic_ops::telemetry::{self, LogFormat};
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Probes allocate many small objects; jemalloc saves about a quarter of their CPU time.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Monitoring of a small hosting company's machines, around the clock
#[derive(Parser)]
#[command(name = "agentic-ops", version, max_term_width = 100)]
struct Arguments {
    /// Format of log lines
    #[arg(long, global = true, value_enum, default_value_t)]
    log_format: LogFormat,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run everything on this machine, without a cluster
    Standalone(cli::standalone::StandaloneArgs),
    /// Run everything with simulated targets that can be broken and repaired
    Demo(cli::demo::DemoArgs),
    /// Run the operator and the facade against the cluster of the current kubeconfig
    Operator(cli::operator::OperatorArgs),
    /// Run Scenarios from files once and print the outcomes
    Check(cli::check::CheckArgs),
    /// Try the local model
    Advise(cli::advise::AdviseArgs),
    /// Try the channels of notices
    Notify(cli::notify::NotifyArgs),
    /// Print the CustomResourceDefinitions
    Crds,
    /// Ask a running program for its health; exit code 0 for ok and degraded, 1 for down or no answer
    Health(cli::health::HealthArgs),
    /// Hold back notices: make, list and end Silences
    Silence(cli::silence::SilenceArgs),
    /// Search the runbooks, and list the checks that they do not cover
    Specs(cli::specs::SpecsArgs),
    /// Print a signed token for the REST facade
    Token(cli::token::TokenArgs),
    /// Run SQLite queries from standard input; started by the other commands
    #[command(hide = true)]
    SqliteWorker(cli::sqlite_worker::SqliteWorkerArgs),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    telemetry::init_logging(arguments.log_format);
    listener::descriptors::raise();
    // Of `check`, 1 means only that a check fails, of `notify`, that a message was not accepted, of `advise`, that the model is slow, and of
    // `specs`, that nothing was found or something is not covered.
    let failed = match arguments.command {
        Command::Advise(_) | Command::Check(_) | Command::Notify(_) | Command::Specs(_) => ExitCode::from(2),
        _ => ExitCode::FAILURE,
    };
    run(arguments.command).unwrap_or_else(|error| {
        eprintln!("agentic-ops: {error}");
        failed
    })
}

fn run(command: Command) -> Result<ExitCode, CliError> {
    match command {
        Command::Standalone(args) => block_on(cli::standalone::run(args))?,
        Command::Demo(args) => block_on(cli::demo::run(args))?,
        Command::Operator(args) => block_on(cli::operator::run(args))?,
        Command::Check(args) => return block_on(cli::check::run(args)),
        Command::Advise(args) => return block_on(cli::advise::run(args)),
        Command::Notify(args) => return block_on(cli::notify::run(args)),
        Command::Specs(args) => return block_on(cli::specs::run(&args)),
        Command::Health(args) => return block_on(cli::health::run(args)),
        Command::Crds => print!("{}", cli::crds::render().map_err(|e| CliError::Argument(e.to_string()))?),
        Command::Silence(args) => block_on(cli::silence::run(args))?,
        Command::Token(args) => cli::token::run(&args)?,
        Command::SqliteWorker(args) => cli::sqlite_worker::run(&args)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn block_on<T>(future: impl Future<Output = Result<T, CliError>>) -> Result<T, CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|e| CliError::Argument(format!("tokio: {e}")))?;
    let result = runtime.block_on(future);
    // Threads that are busy, with an evaluation or a disk that hangs, do not keep the process.
    runtime.shutdown_timeout(cli::shutdown::LAST_WORK);
    result
}
