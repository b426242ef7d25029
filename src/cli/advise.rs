//! `agentic-ops advise`: tries the local model: on Findings, or with `--self-test`, which measures it, to choose a model and its time limit.

mod findings;
mod source;

use super::check::Output;
use super::settings::Settings;
use super::{CliError, model};
use crate::advisor::self_test::{TEST_TIMES, Tested, self_test};
use crate::domain::duration;
use crate::domain::model::{ModelFault, Verdict};
use crate::domain::printable::printable;
use crate::domain::texts::{self, Language};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Options of `advise`.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("tried").required(true).args(["self_test", "findings"])))]
pub struct AdviseArgs {
    /// Measure the model: time to load it, tokens a second, and whether AGENTIC_LLM_TIMEOUT can hold
    #[arg(long)]
    pub self_test: bool,
    #[command(flatten)]
    pub on: FindingsArgs,
    /// Use this model instead of AGENTIC_LLM_MODEL
    #[arg(long, value_name = "MODEL")]
    pub model: Option<String>,
    /// File with settings, as NAME=value lines [default: .env, if it exists]
    #[arg(long, value_name = "FILE")]
    pub env_file: Option<PathBuf>,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}

/// The Findings that the model is tried on.
#[derive(Debug, Default, clap::Args)]
pub struct FindingsArgs {
    /// Findings by name, or files of YAML or JSON with some; nothing is written
    #[arg(value_name = "FINDING|FILE")]
    pub findings: Vec<String>,
    /// Kubeconfig, such as data/kubeconfig of standalone [default: KUBECONFIG, or ~/.kube/config]
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// Namespace [default: that of the kubeconfig]
    #[arg(long, short)]
    pub namespace: Option<String>,
}

/// Of the self-test exit code 0 if the time limit holds, 1 if it does not, 2 if the model can't be measured or is off. An error of the
/// command is 2, too, which the caller sees to.
pub async fn run(args: AdviseArgs) -> Result<ExitCode, CliError> {
    let settings = Settings::from_process(args.env_file.as_deref(), &BTreeMap::new())?;
    let language = settings.language();
    let Some(mut config) = model::config(&settings)? else {
        let missing = model::off(&settings).unwrap_or("OLLAMA_BASE_URL");
        return Err(CliError::Argument(texts::model_off(language, missing)));
    };
    if let Some(model) = args.model {
        config.model = model;
    }
    if !args.self_test {
        return Box::pin(findings::run(&args.on, args.output, &settings, &model::of(config)?)).await;
    }
    let timeout = config.timeout;
    config.timeout = timeout.saturating_mul(TEST_TIMES);
    let client = model::of(config)?;
    if args.output == Output::Table {
        print(&texts::self_test_begins(language, client.model(), &client.server()));
    }
    let tested = Box::pin(self_test(&client)).await;
    match args.output {
        Output::Table => lines(language, &tested, timeout).iter().for_each(|line| print(line)),
        Output::Json => print(&as_json(language, client.model(), &tested, timeout).to_string()),
    }
    Ok(ExitCode::from(code(&tested, timeout)))
}

fn print(line: &str) {
    // A reader that wants no more, such as `head`, is no error.
    let _ = writeln!(std::io::stdout().lock(), "{}", printable(line));
}

fn code(tested: &Result<Tested, ModelFault>, timeout: Duration) -> u8 {
    match tested {
        Ok(tested) if tested.speed.verdict(tested.measured.load, timeout) == Verdict::Exceeded => 1,
        Ok(_) => 0,
        Err(ModelFault::Timeout { .. }) => 1,
        Err(_) => 2,
    }
}

/// A table without a heading, and a sentence.
fn lines(language: Language, tested: &Result<Tested, ModelFault>, timeout: Duration) -> Vec<String> {
    let tested = match tested {
        Ok(tested) => tested,
        Err(fault) => return vec![texts::model_fault(language, fault)],
    };
    let rows = texts::self_test_rows(language, &tested.measured, &tested.speed);
    let width = rows.iter().map(|(what, _)| what.chars().count()).max().unwrap_or_default();
    let mut lines: Vec<String> = rows.iter().map(|(what, value)| format!("{what:<width$}  {value}")).collect();
    let load = tested.measured.load;
    let verdict = tested.speed.verdict(load, timeout);
    lines.push(texts::self_test_verdict(language, verdict, timeout, tested.speed.sufficient(load)));
    lines
}

fn as_json(language: Language, model: &str, tested: &Result<Tested, ModelFault>, timeout: Duration) -> Value {
    let tested = match tested {
        Ok(tested) => tested,
        Err(fault) => {
            return json!({"model": model, "reason": fault.reason(), "error": texts::model_fault(language, fault)});
        }
    };
    let Tested { state, measured, speed } = tested;
    let verdict = match speed.verdict(measured.load, timeout) {
        Verdict::Holds => "holds",
        Verdict::Tight => "tight",
        Verdict::Exceeded => "exceeded",
    };
    json!({
        "model": model,
        "digest": state.digest,
        "server": state.version,
        "loadSeconds": measured.load.as_secs_f64(),
        "promptTokens": measured.prompt_tokens,
        "promptTokensPerSecond": speed.prompt_rate,
        "answerTokens": measured.answer_tokens,
        "answerTokensPerSecond": speed.answer_rate,
        "longestSeconds": speed.longest.as_secs_f64(),
        "timeout": duration::show(timeout),
        "sufficientTimeout": duration::show(speed.sufficient(measured.load)),
        "verdict": verdict,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::advisor::ollama::ModelState;
    use crate::domain::model::{Measured, Speed};

    fn tested() -> Result<Tested, ModelFault> {
        let (prompt, answer) = (Duration::from_secs(100), Duration::from_secs(16));
        let measured = Measured {
            load: Duration::from_secs(3),
            prompt_bytes: 6144,
            prompt_tokens: 1500,
            prompt,
            answer_tokens: 64,
            answer,
        };
        let state = ModelState { digest: "abc".into(), embed_digest: None, version: "0.6.8".into() };
        Ok(Tested { state, measured, speed: Speed::of(&measured).unwrap() })
    }

    #[test]
    fn the_exit_code_tells_whether_the_time_limit_holds() {
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        for (tested, timeout, expected) in [
            (tested(), minutes(10), 0),
            (tested(), minutes(5), 0),
            (tested(), minutes(4), 1),
            (Err(ModelFault::Timeout { seconds: 1800 }), minutes(10), 1),
            (Err(ModelFault::Missing { model: "m".into() }), minutes(10), 2),
            (Err(ModelFault::Away { error: "x".into() }), minutes(10), 2),
        ] {
            assert_eq!(code(&tested, timeout), expected);
        }
    }

    #[test]
    fn the_table_has_the_figures_and_what_follows() {
        let lines = lines(Language::English, &tested(), Duration::from_secs(240));
        let expected = [
            "loading the model         3.0 s",
            "evaluation of the prompt  15.0 tokens/s (1500 tokens measured)",
            "generation of the answer  4.0 tokens/s (64 tokens measured)",
            "longest call              250.0 s (prompt of 6144 bytes, answer of 600 tokens)",
            "AGENTIC_LLM_TIMEOUT=4m is not sufficient: it needs 6m, or a smaller model.",
        ];
        assert_eq!(lines, expected);
        let missing = Err(ModelFault::Missing { model: "m".into() });
        assert!(super::lines(Language::Portuguese, &missing, Duration::ZERO)[0].ends_with("ollama pull m"));
    }

    #[test]
    fn the_json_has_the_same_figures() {
        let json = as_json(Language::English, "m", &tested(), Duration::from_secs(600));
        assert_eq!((&json["verdict"], &json["longestSeconds"]), (&json!("holds"), &json!(250.0)));
        assert_eq!((&json["sufficientTimeout"], &json["timeout"]), (&json!("6m"), &json!("10m")));
        let missing = as_json(Language::English, "m", &Err(ModelFault::Missing { model: "m".into() }), Duration::ZERO);
        assert_eq!(missing["reason"], json!("ModelMissing"));
    }
}
