//! `agentic-ops silence`: makes, lists and ends Silences, with the rights of a kubeconfig.

mod add;
mod list;

use super::settings::Settings;
use super::{CliError, client};
use crate::api::Silence;
use crate::commands::end_silence_as_read;
use crate::domain::silence::Ending;
use crate::domain::texts::{self, ApiFault, Language, notices};
use crate::runtime::write::{CALL_TIMEOUT, WriteError, call};
use add::AddArgs;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use kube::{Api, Client};
use list::ListArgs;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;

/// Field manager of what this command writes.
const MANAGER: &str = "agentic-ops-silence";
/// Attempts to write against concurrent edits.
const ATTEMPTS_MAX: usize = 5;

/// Options of `silence`.
#[derive(Debug, clap::Args)]
pub struct SilenceArgs {
    #[command(subcommand)]
    command: SilenceCommand,
    /// Kubeconfig, such as data/kubeconfig of standalone [default: KUBECONFIG, or ~/.kube/config]
    #[arg(long, global = true, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// Namespace [default: that of the kubeconfig]
    #[arg(long, short, global = true)]
    namespace: Option<String>,
}

#[derive(Debug, clap::Subcommand)]
enum SilenceCommand {
    /// Hold back notices about the Findings that match
    Add(AddArgs),
    /// List Silences
    List(ListArgs),
    /// End a Silence; one that recurs, or has not started, is deleted
    End {
        /// Name of the Silence
        name: String,
    },
}

/// What all of them work with.
struct Context {
    client: Client,
    namespace: String,
    language: Language,
    /// Name of the time zone of Silences that name none.
    zone_name: String,
    /// The same, in which times are read and shown.
    zone: TimeZone,
}

/// Prints what was done, or the list.
pub async fn run(args: SilenceArgs) -> Result<(), CliError> {
    let settings = Settings::from_process(None, &BTreeMap::new())?;
    let language = settings.language();
    let client = match &args.kubeconfig {
        Some(path) => client::of_file(path).await,
        None => client::inferred().await.and_then(client::client),
    };
    let client = client.map_err(|error| match error {
        CliError::Kubeconfig(error) => of_fault(language, &ApiFault::Kubeconfig { error }),
        other => other,
    })?;
    let namespace = args.namespace.unwrap_or_else(|| client.default_namespace().to_string());
    let zone_name = settings.time_zone().to_string();
    let zone = TimeZone::get(&zone_name).unwrap_or(TimeZone::UTC);
    let context = Context { client, namespace, language, zone_name, zone };
    let text = match args.command {
        SilenceCommand::Add(args) => context.add(args).await?,
        SilenceCommand::List(args) => context.list(&args).await?,
        SilenceCommand::End { name } => context.end(&name).await?,
    };
    // A reader that wants no more, such as `head`, is no error.
    let _ = writeln!(std::io::stdout().lock(), "{text}");
    Ok(())
}

fn of_fault(language: Language, fault: &ApiFault) -> CliError {
    CliError::Argument(texts::api_fault(language, fault))
}

impl Context {
    fn api<K>(&self) -> Api<K>
    where
        K: kube::Resource<Scope = kube::core::NamespaceResourceScope, DynamicType = ()>,
    {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// A time for people, in their time zone.
    fn shown(&self, at: Timestamp) -> String {
        notices::moment_of_zone(self.language, at, &self.zone)
    }

    /// Why an object could not be read or written.
    fn failed(&self, error: WriteError) -> CliError {
        let fault = match error {
            WriteError::Conflict => ApiFault::KeepsChanging,
            WriteError::Gone => ApiFault::Gone,
            WriteError::Exists => ApiFault::Exists,
            WriteError::Timeout => ApiFault::NoAnswer { seconds: CALL_TIMEOUT.as_secs() },
            WriteError::Api(error) => match *error {
                kube::Error::Api(status) => ApiFault::Refused { answer: status.message },
                error => ApiFault::Failed { error: error.to_string() },
            },
            error @ (WriteError::NotLeading
            | WriteError::Undecodable { .. }
            | WriteError::Panicked
            | WriteError::Json(_)) => ApiFault::Failed { error: error.to_string() },
        };
        of_fault(self.language, &fault)
    }

    async fn end(&self, name: &str) -> Result<String, CliError> {
        let api: Api<Silence> = self.api();
        for _ in 0..ATTEMPTS_MAX {
            let absent = || CliError::Argument(texts::no_such_silence(self.language, name));
            let silence = call(api.get_opt(name)).await.map_err(|error| self.failed(error))?.ok_or_else(absent)?;
            let text = match end_silence_as_read(&api, MANAGER, silence).await {
                Ok((_, Ending::Ended)) => texts::silence_over,
                Ok((_, Ending::At(_))) => texts::silence_ended,
                Ok((_, Ending::Delete)) => texts::silence_deleted,
                Err(WriteError::Conflict) => continue,
                Err(error) => return Err(self.failed(error)),
            };
            return Ok(text(self.language, name));
        }
        Err(self.failed(WriteError::Conflict))
    }
}
