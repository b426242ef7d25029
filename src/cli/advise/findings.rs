//! Tries a model on Findings: the same search, prompt, call and check as for advice, and figures of what came of it.

use super::source::{self, Source};
use super::{FindingsArgs, print};
use crate::advisor::ollama::{ChatRequest, Ollama};
use crate::advisor::runbooks::{Library, LibraryConfig, Query};
use crate::advisor::vectors::Vectors;
use crate::api::{Finding, FindingStatus};
use crate::cli::check::Output;
use crate::cli::settings::Settings;
use crate::cli::{CliError, limits, vectors};
use crate::domain::advice::answer::schema;
use crate::domain::advice::check::{Checked, check};
use crate::domain::advice::prompt::{AdviceInput, EXCERPTS_MAX, Kind, Voice, advice_prompt};
use crate::domain::advice::search::search_text;
use crate::domain::advice::trial::{Total, Trial};
use crate::domain::agents::MAESTRO;
use crate::domain::model::ModelFault;
use crate::domain::redact::KnownSecrets;
use crate::domain::runbooks::Excerpt;
use crate::domain::texts::{self, Language, TrialFigures};
use kube::ResourceExt as _;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::ExitCode;

/// What came of one Finding.
struct Tried {
    finding: String,
    result: Result<(Trial, Checked), ModelFault>,
}

/// Exit code 0 if the model answered for each Finding, whatever it said, else 1.
pub async fn run(
    args: &FindingsArgs,
    output: Output,
    settings: &Settings,
    client: &Ollama,
) -> Result<ExitCode, CliError> {
    let language = settings.language();
    let source = source::read(args, language).await?;
    if source.findings.is_empty() {
        return Err(CliError::Argument(texts::no_findings(language)));
    }
    let library = library(settings, &source).await?;
    let vectors = match settings.is_on("AGENTIC_SEARCH_VECTORS") {
        true => Some(vectors::made(settings, &library).await?),
        false => None,
    };
    let (mut total, mut all) = (Total::default(), Vec::new());
    for finding in &source.findings {
        let excerpts = find(&library, vectors.as_ref(), finding).await?;
        let tried = Tried {
            finding: finding.name_any(),
            result: Box::pin(ask(client, language, finding, &source, &excerpts)).await,
        };
        total.add(tried.result.as_ref().ok().map(|(trial, _)| trial));
        if output == Output::Table {
            lines(language, &tried).iter().for_each(|line| print(line));
        }
        all.push(tried);
    }
    match output {
        Output::Table => print(&texts::trial_total(language, &figures(&total))),
        Output::Json => print(&as_json(language, client.model(), &all, &total).to_string()),
    }
    Ok(ExitCode::from(u8::from(total.answered < total.findings)))
}

/// The runbooks of the settings, indexed in memory.
async fn library(settings: &Settings, source: &Source) -> Result<Library, CliError> {
    let root = PathBuf::from(settings.get("AGENTIC_SPECS_ROOT").unwrap_or_default());
    let (about, limits) = (source.about.clone(), limits::runbooks(settings));
    let open = move || {
        let library = Library::open(LibraryConfig { root, database: None, limits })?;
        library.refresh(&about).map(|_| library)
    };
    blocking(open).await
}

async fn find(library: &Library, vectors: Option<&Vectors>, finding: &Finding) -> Result<Vec<Excerpt>, CliError> {
    let status = finding.status.clone().unwrap_or_default();
    let text = search_text(&finding.spec, &status);
    let vector = match vectors {
        Some(vectors) => vectors.of_question(&text).await,
        None => None,
    };
    let (library, runbook) = (library.clone(), status.runbook.map(|runbook| runbook.spec));
    blocking(move || {
        let (runbook, vector) = (runbook.as_deref(), vector.as_ref());
        library.find_and_fill(&Query { text: &text, runbook, limit: EXCERPTS_MAX, vector })
    })
    .await
}

async fn blocking<T: Send + 'static, E: std::error::Error + Send + 'static>(
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, CliError> {
    let done = tokio::task::spawn_blocking(work).await.map_err(|error| CliError::Argument(error.to_string()))?;
    done.map_err(|error| CliError::Argument(error.to_string()))
}

async fn ask(
    client: &Ollama,
    language: Language,
    finding: &Finding,
    source: &Source,
    excerpts: &[Excerpt],
) -> Result<(Trial, Checked), ModelFault> {
    let none = FindingStatus::default();
    let status = finding.status.as_ref().unwrap_or(&none);
    let agent = status.agent.as_deref().unwrap_or(MAESTRO);
    let known = source.agents.get(agent);
    let agent = Voice {
        name: known.map_or(agent, |(name, _)| name),
        persona: known.and_then(|(_, persona)| persona.as_deref()),
    };
    // A saved Finding was redacted before it was stored.
    let secrets = KnownSecrets::default();
    let input =
        AdviceInput { language, secrets: &secrets, agent, finding: &finding.spec, status, note: None, excerpts };
    let prompt = advice_prompt(&input);
    let request =
        ChatRequest { system: prompt.system.clone(), user: prompt.user.clone(), schema: schema(Kind::Advice) };
    client.load().await?;
    let answer = client.chat(&request, &|_| {}).await?;
    let checked = check(&answer.text, &prompt, language);
    Ok((Trial::of(&answer.text, &prompt, &checked, answer.took), checked))
}

/// A line of figures, and under it what would be shown.
fn lines(language: Language, tried: &Tried) -> Vec<String> {
    match &tried.result {
        Ok((trial, checked)) => {
            let figures = TrialFigures {
                grounded: (u32::from(trial.grounded), 1),
                surviving: (trial.surviving, trial.given),
                seconds: trial.took.as_secs_f64(),
            };
            let mut lines = vec![texts::trial(language, &tried.finding, &figures)];
            lines.extend(checked.text.lines().map(|line| format!("    {line}")));
            lines
        }
        Err(fault) => vec![format!("{}: {}", tried.finding, texts::model_fault(language, fault))],
    }
}

fn figures(total: &Total) -> TrialFigures {
    TrialFigures {
        grounded: (total.grounded, total.findings),
        surviving: (total.surviving, total.given),
        seconds: total.mean().unwrap_or_default().as_secs_f64(),
    }
}

fn as_json(language: Language, model: &str, all: &[Tried], total: &Total) -> Value {
    let of = |tried: &Tried| match &tried.result {
        Ok((trial, checked)) => json!({
            "finding": tried.finding,
            "grounded": trial.grounded,
            "quotesGiven": trial.given,
            "quotesSurviving": trial.surviving,
            "citationPrecision": trial.precision(),
            "seconds": trial.took.as_secs_f64(),
            "text": checked.text,
            "citations": checked.citations,
            "dropped": checked.dropped.iter().map(|dropped| dropped.reason.as_str()).collect::<Vec<_>>(),
        }),
        Err(fault) => json!({
            "finding": tried.finding,
            "reason": fault.reason(),
            "error": texts::model_fault(language, fault),
        }),
    };
    json!({
        "model": model,
        "findings": all.iter().map(of).collect::<Vec<_>>(),
        "total": {
            "findings": total.findings,
            "answered": total.answered,
            "grounded": total.grounded,
            "groundedShare": total.grounded_share(),
            "quotesGiven": total.given,
            "quotesSurviving": total.surviving,
            "citationPrecision": total.precision(),
            "seconds": total.took.as_secs_f64(),
            "meanSeconds": total.mean().map(|mean| mean.as_secs_f64()),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn tried() -> (Vec<Tried>, Total) {
        let trial = Trial { grounded: true, given: 4, surviving: 3, took: Duration::from_secs(95) };
        let checked = Checked { text: "Ligue a VM.".into(), grounded: true, ..Checked::default() };
        let all = vec![
            Tried { finding: "f-1".into(), result: Ok((trial, checked)) },
            Tried { finding: "f-2".into(), result: Err(ModelFault::Timeout { seconds: 600 }) },
        ];
        let mut total = Total::default();
        all.iter().for_each(|tried| total.add(tried.result.as_ref().ok().map(|(trial, _)| trial)));
        (all, total)
    }

    #[test]
    fn each_finding_and_the_total_have_their_figures() {
        let (all, total) = tried();
        let lines: Vec<String> = all.iter().flat_map(|tried| lines(Language::English, tried)).collect();
        let expected = [
            "f-1: grounded, 3 of 4 quotes stand in the runbooks, 95.0 s",
            "    Ligue a VM.",
            "f-2: no complete answer within 600 s (AGENTIC_LLM_TIMEOUT)",
        ];
        assert_eq!(lines, expected);
        let said = texts::trial_total(Language::English, &figures(&total));
        assert_eq!(
            said,
            "grounded: 1 of 2 (50 %); quotes that stand in the runbooks: 3 of 4 (75 %); 95.0 s for an answer"
        );
    }

    #[test]
    fn the_json_has_the_same_figures() {
        let (all, total) = tried();
        let json = as_json(Language::English, "m", &all, &total);
        assert_eq!(json["total"]["groundedShare"], 0.5);
        assert_eq!((&json["total"]["citationPrecision"], &json["total"]["meanSeconds"]), (&json!(0.75), &json!(95.0)));
        assert_eq!(
            (&json["findings"][0]["quotesSurviving"], &json["findings"][1]["reason"]),
            (&json!(3), &json!("ModelTooSlow"))
        );
    }
}
