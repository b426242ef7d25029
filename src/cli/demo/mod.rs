//! `agentic-ops demo`: standalone with simulated targets on loopback, which can be broken and repaired.

pub mod estate;

use super::CliError;
use super::serve::stop_requested;
use super::settings::Settings;
use super::shutdown::{Shutdown, Step};
use super::standalone::{Standalone, StandaloneArgs};
use crate::domain::texts;
use estate::Estate;
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// Short, so that the first results are visible within seconds.
const INTERVAL_SECONDS: &str = "5";

const ENV_FILE_REFUSED: &str =
    "--env-file: the demo has settings of its own, so that none refers to real machines; use `standalone --env-file`";

/// Options of `demo`.
#[derive(Clone, Debug, clap::Args)]
#[command(mut_arg("env_file", |argument| argument.hide(true)))]
pub struct DemoArgs {
    #[command(flatten)]
    pub standalone: StandaloneArgs,
    /// Address of the HTTP API that breaks and repairs parts of the simulated estate
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8190")]
    pub control: SocketAddr,
}

/// Runs until a stop signal. The environment and `.env` are ignored, so that no setting refers to real machines.
pub async fn run(args: DemoArgs) -> Result<(), CliError> {
    if args.standalone.env_file.is_some() {
        return Err(CliError::Argument(ENV_FILE_REFUSED.into()));
    }
    let estate = Estate::start(&args.standalone.data, args.control).await;
    let estate = estate.map_err(|error| CliError::Estate(error.to_string()))?;
    let mut overrides = estate.settings();
    overrides.insert("AGENTIC_INTERVAL_SEC".into(), INTERVAL_SECONDS.into());
    let settings = Settings::load(&BTreeMap::new(), None, &overrides)?;
    let running = Standalone::start(&args.standalone, &settings).await?;
    running.redact_logs();
    running.greet();
    let control = estate.control_address();
    eprintln!("{}", texts::demo_started(settings.language(), running.kubeconfig().display(), control));
    stop_requested().await;
    let shutdown = Shutdown::now();
    running.shutdown_by(shutdown).await;
    shutdown.step(Step::Estate, estate.shutdown()).await;
    Ok(())
}
