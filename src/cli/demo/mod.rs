//! `agentic-ops demo`: standalone with simulated targets on loopback, which can be broken and repaired.

pub mod estate;

use super::CliError;
use super::data_lock::LockedDir;
use super::serve::stop_requested;
use super::settings::Settings;
use super::shutdown::{Shutdown, Step};
use super::standalone::{Standalone, StandaloneArgs};
use crate::domain::texts;
use estate::Estate;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::SocketAddr;
use url::Url;

/// Short, so that the first results are visible within seconds.
const INTERVAL_SECONDS: &str = "5";

const ENV_FILE_REFUSED: &str =
    "--env-file: the demo has settings of its own, so that none refers to real machines; use `standalone --env-file`";

/// The settings that the demo takes from its environment: none of them refers to a machine.
const OF_ENVIRONMENT: [&str; 10] = [
    "AGENTIC_LANGUAGE",
    "AGENTIC_LLM_MODEL",
    "AGENTIC_EMBED_MODEL",
    "AGENTIC_SEARCH_VECTORS",
    "AGENTIC_LLM_TIMEOUT",
    "AGENTIC_LLM_KEEP_ALIVE",
    "AGENTIC_ADVICE_PER_HOUR",
    "AGENTIC_ADVICE_MIN_SEVERITY",
    "AGENTIC_ADVICE_MAIL",
    "OPS_INTERNAL_TOKEN",
];

/// Options of `demo`.
#[derive(Clone, Debug, clap::Args)]
#[command(mut_arg("env_file", |argument| argument.hide(true)))]
pub struct DemoArgs {
    #[command(flatten)]
    pub standalone: StandaloneArgs,
    /// Address of the HTTP API that breaks and repairs parts of the simulated estate
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8190")]
    pub control: SocketAddr,
    /// Address of an Ollama server that advises, with the models of AGENTIC_LLM_MODEL and AGENTIC_EMBED_MODEL; without it the advice is
    /// that of the runbooks
    #[arg(long, value_name = "URL", value_parser = ollama)]
    pub ollama: Option<Url>,
}

fn ollama(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.ok_or_else(|| "use an address such as http://127.0.0.1:11434".to_string())
}

/// The settings with which a model server advises.
fn advised_by(ollama: Option<&Url>) -> BTreeMap<String, String> {
    let Some(url) = ollama else { return BTreeMap::new() };
    let url = url.as_str().trim_end_matches('/').to_string();
    BTreeMap::from([("OLLAMA_BASE_URL".into(), url), ("AGENTIC_LLM_ENABLED".into(), "true".into())])
}

/// Of an environment, what the demo takes.
fn taken(environment: impl Iterator<Item = (OsString, OsString)>) -> BTreeMap<String, String> {
    let text = |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value.into_string().ok()?));
    environment.filter_map(text).filter(|(name, _)| OF_ENVIRONMENT.contains(&name.as_str())).collect()
}

/// Runs until a stop signal. `.env` is ignored, and of the environment all but [`OF_ENVIRONMENT`], so that no setting refers to real
/// machines.
pub async fn run(args: DemoArgs) -> Result<(), CliError> {
    if args.standalone.env_file.is_some() {
        return Err(CliError::Argument(ENV_FILE_REFUSED.into()));
    }
    let environment = taken(std::env::vars_os());
    let readers = Settings::load(&environment, None, &BTreeMap::new())?;
    // The estate keeps its database there: that of a demo that runs must stay as it is.
    let dir = LockedDir::open(&args.standalone.data)?;
    let estate = Estate::start_for(&args.standalone.data, args.control, &readers).await;
    let estate = estate.map_err(|error| CliError::Estate(error.to_string()))?;
    let mut overrides = estate.settings();
    overrides.insert("AGENTIC_INTERVAL_SEC".into(), INTERVAL_SECONDS.into());
    overrides.extend(advised_by(args.ollama.as_ref()));
    let settings = Settings::load(&environment, None, &overrides)?;
    let running = Standalone::start_in(dir, &args.standalone, &settings).await?;
    running.redact_logs();
    running.greet();
    let control = estate.control_address();
    eprintln!("{}", texts::demo_started(settings.language(), running.kubeconfig().display(), control));
    eprintln!("{}", texts::demo_advice(settings.language(), args.ollama.as_ref().map(Url::as_str)));
    stop_requested().await;
    let shutdown = Shutdown::now();
    running.shutdown_by(shutdown).await;
    shutdown.step(Step::Estate, estate.shutdown()).await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_the_environment_only_what_refers_to_no_machine_is_taken() {
        let given = [
            ("AGENTIC_LANGUAGE", "en"),
            ("AGENTIC_LLM_TIMEOUT", "2m"),
            ("OPS_INTERNAL_TOKEN", "0123456789abcdef"),
            ("PROXMOX_API_URL", "https://proxmox.example.org"),
            ("SMTP_URL", "smtp://mail.example.org"),
            ("AGENTIC_DESK_URL", "https://desk.example.org"),
        ];
        let taken = taken(given.iter().map(|(name, value)| (name.into(), value.into())));
        assert_eq!(taken.keys().collect::<Vec<_>>(), ["AGENTIC_LANGUAGE", "AGENTIC_LLM_TIMEOUT", "OPS_INTERNAL_TOKEN"]);
        assert_eq!(advised_by(None), BTreeMap::new());
        let url = ollama("http://127.0.0.1:11434/").unwrap();
        assert_eq!(advised_by(Some(&url))["OLLAMA_BASE_URL"], "http://127.0.0.1:11434");
        assert!(ollama("127.0.0.1:11434").is_err() && ollama("ftp://127.0.0.1").is_err());
        let settings = Settings::load(&taken, None, &BTreeMap::new()).unwrap();
        assert_eq!(settings.language(), texts::Language::English);
        assert_eq!(settings.get("OPS_INTERNAL_TOKEN"), Some("0123456789abcdef"));
    }
}
