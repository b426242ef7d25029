//! `agentic-ops health`: asks a running program for its health, for health checks of containers, in whose image there is no shell.

use super::CliError;
use super::settings::Settings;
use crate::domain::printable::printable;
use crate::domain::texts::{self, Language};
use crate::net::client::{Answer, GuardedClient};
use crate::net::guard::AddressGuard;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;
use url::Url;

/// For the whole answer.
const TIMEOUT: Duration = Duration::from_secs(5);
const PATH: &str = "/api/v1/agents/health";

/// Options of `health`.
#[derive(Debug, clap::Args)]
pub struct HealthArgs {
    /// Address of the REST facade
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8180", value_parser = base)]
    pub url: Url,
}

/// What the facade answers. More than this is not read.
#[derive(Deserialize)]
struct Health {
    status: Status,
    tier: String,
    version: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Ok,
    Degraded,
    Down,
}

impl Status {
    fn as_str(self) -> &'static str {
        match self {
            Status::Ok => "ok",
            Status::Degraded => "degraded",
            Status::Down => "down",
        }
    }
}

/// Exit code 0 if the program is ok or degraded, 1 if it is down or does not answer within five seconds.
pub async fn run(args: HealthArgs) -> Result<ExitCode, CliError> {
    // A bad setting is the running program's own to report: here only the language is of interest.
    let settings = Settings::from_process(None, &BTreeMap::new());
    let language = settings.map_or_else(|_| Language::default(), |settings| settings.language());
    let client = GuardedClient::new(AddressGuard::default());
    let url = health_url(args.url);
    let (is_well, line) = judge(language, url.as_str(), client.ask(&url, TIMEOUT).await);
    // A reader that wants no more is no error.
    let _ = writeln!(std::io::stdout().lock(), "{}", printable(&line));
    Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether the answer is one of a program that works, and the line that tells of it.
fn judge(language: Language, url: &str, answer: Result<Answer, String>) -> (bool, String) {
    let answer = match answer {
        Ok(answer) => answer,
        Err(reason) => return (false, texts::health_unanswered(language, url, &reason)),
    };
    match serde_json::from_str::<Health>(&answer.body) {
        Ok(Health { status, tier, version }) if answer.status == 200 => {
            (status != Status::Down, texts::health_answer(language, status.as_str(), &tier, &version))
        }
        _ => (false, texts::health_unknown(language, url, answer.status)),
    }
}

fn base(text: &str) -> Result<Url, String> {
    let example = "use an address such as http://127.0.0.1:8180";
    let url = Url::parse(text).map_err(|error| format!("{error}: {example}"))?;
    match url.scheme() {
        "http" | "https" if url.username().is_empty() && url.password().is_none() => Ok(url),
        "http" | "https" => Err(format!("a user or password is not sent: {example}")),
        scheme => Err(format!("{scheme}: is not http or https: {example}")),
    }
}

/// The route, under the path of the base.
fn health_url(mut base: Url) -> Url {
    let path = format!("{}{PATH}", base.path().trim_end_matches('/'));
    base.set_path(&path);
    base.set_query(None);
    base.set_fragment(None);
    base
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Result<Answer, String> {
        Ok(Answer { status, body: body.into() })
    }

    #[test]
    fn only_a_program_that_says_that_it_works_is_well() {
        let said = |status: &str| format!(r#"{{"status":"{status}","tier":"T0","version":"1.2.3","more":[]}}"#);
        let url = "http://127.0.0.1:8180/api/v1/agents/health";
        for (answer, is_well, told) in [
            (answer(200, &said("ok")), true, "ok: state of the program; tier T0, version 1.2.3"),
            (answer(200, &said("degraded")), true, "degraded: "),
            (answer(200, &said("down")), false, "down: "),
            (answer(200, &said("fine")), false, "check the address of --url"),
            (answer(503, &said("ok")), false, "answer 503"),
            (answer(200, "<html>"), false, "answer 200"),
            (answer(200, ""), false, "answer 200"),
            (Err("Connection refused".into()), false, "no answer: Connection refused"),
        ] {
            let judged = judge(Language::English, url, answer);
            assert!(judged.0 == is_well && judged.1.contains(told), "{judged:?}, not {told}");
            assert!(!judged.1.contains('\n'));
        }
    }

    #[test]
    fn the_route_is_under_the_path_of_the_address() {
        for (base, asked) in [
            ("http://127.0.0.1:8180", "http://127.0.0.1:8180/api/v1/agents/health"),
            ("http://127.0.0.1:8180/", "http://127.0.0.1:8180/api/v1/agents/health"),
            ("https://ops.example.com/ops/?a#b", "https://ops.example.com/ops/api/v1/agents/health"),
        ] {
            assert_eq!(health_url(super::base(base).unwrap()).as_str(), asked);
        }
        for wrong in ["127.0.0.1:8180", "ftp://127.0.0.1", "http://", "http://ana:secret@127.0.0.1"] {
            assert!(super::base(wrong).is_err(), "{wrong}");
        }
    }
}
