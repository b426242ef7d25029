//! `agentic-ops demo`: standalone with a simulated estate on loopback, whose parts can be broken and healed.

pub mod estate;

use super::CliError;
use super::serve::stop_requested;
use super::settings::Settings;
use super::standalone::{Standalone, StandaloneArgs};
use crate::domain::texts;
use estate::Estate;
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// So that a newcomer sees something within seconds.
const INTERVAL_SECONDS: &str = "5";

/// The options of demo.
#[derive(Clone, Debug, clap::Args)]
pub struct DemoArgs {
    #[command(flatten)]
    pub standalone: StandaloneArgs,
    /// Address where parts of the estate are broken and healed
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8190")]
    pub control: SocketAddr,
}

/// Runs until a signal stops it. The environment and `.env` are not read, so that nothing refers to real machines.
pub async fn run(args: DemoArgs) -> Result<(), CliError> {
    let estate = Estate::start(&args.standalone.data, args.control).await?;
    let mut overrides = estate.settings();
    overrides.insert("AGENTIC_INTERVAL_SEC".into(), INTERVAL_SECONDS.into());
    let settings = Settings::load(&BTreeMap::new(), None, &overrides)?;
    let running = Standalone::start(&args.standalone, &settings).await?;
    running.greet();
    let control = estate.control_address();
    eprintln!("{}", texts::demo_started(settings.language(), running.kubeconfig().display(), control));
    stop_requested().await;
    running.shutdown().await;
    estate.shutdown().await;
    Ok(())
}
