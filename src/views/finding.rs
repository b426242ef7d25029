//! Findings: the view, and the filter of lists.

use super::query::{Parameters, QueryError};
use super::shown::{line, text};
use super::{AdviceView, AgentRef, EvidenceView, OwnerView, VotesView, words};
use crate::api::{Finding, FindingAcknowledgement, FindingRunbook, FindingStatus, Notice, Phase, Severity};
use crate::domain::similar::occurrences;
use crate::domain::sought::{SOUGHT_MAX, Sought};
use jiff::Timestamp;
use kube::ResourceExt as _;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

/// A Finding: one failing check, from its opening to its resolution.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FindingView {
    /// Object name of the Finding.
    #[schema(example = "proxmox.cluster-0123456789")]
    pub id: String,
    /// Name of the Scenario.
    #[schema(example = "proxmox.cluster")]
    pub scenario_id: String,
    /// Name of the failing check or probe.
    #[schema(example = "vm-running")]
    pub check: String,
    /// Item of a check with `forEach`, else empty.
    #[schema(example = "112")]
    pub key: String,
    /// The responsible Agent; null where the Finding was resolved before the operator knew it.
    #[schema(required)]
    pub agent: Option<AgentRef>,
    /// Title of the Scenario.
    #[schema(required, example = "Cluster do Proxmox")]
    pub title: Option<String>,
    /// Message of the check; once the Finding is resolved, how it ended and what that message was.
    #[schema(required, example = "VM 112 não está em execução")]
    pub message: Option<String>,
    /// The runbook of the Scenario.
    #[schema(required)]
    pub runbook: Option<RunbookView>,
    /// Severity of this occurrence.
    #[schema(required)]
    pub severity: Option<Severity>,
    /// Current phase. A Finding is listed once it has one, which follows its creation at once.
    #[schema(required)]
    pub phase: Option<FindingPhase>,
    /// Start of the current or last occurrence.
    #[schema(required, example = "2026-01-02T03:04:05Z")]
    pub opened_at: Option<Timestamp>,
    /// End of the last occurrence that was resolved.
    #[schema(required, example = json!(null))]
    pub resolved_at: Option<Timestamp>,
    /// Number of occurrences so far.
    #[schema(required, example = 1)]
    pub occurrences: Option<u32>,
    /// Acknowledgement of this occurrence.
    #[schema(required)]
    pub acknowledgement: Option<AcknowledgementView>,
    /// Who took the current or last occurrence over; null where nobody did.
    #[schema(required)]
    pub owner: Option<OwnerView>,
    /// Why the check failed, and what was read then and when it last passed.
    #[schema(required)]
    pub evidence: Option<EvidenceView>,
    /// Advice on the current or last occurrence; null where there is none.
    #[schema(required)]
    pub advice: Option<AdviceView>,
    /// Object name of the Thread that tells of the current or last occurrence; null before there is one.
    #[schema(required, example = "proxmox.cluster-0123456789-s44we8")]
    pub thread_id: Option<String>,
    /// The last notices about this Finding, oldest first, with the reason for each that was not sent.
    pub notices: Vec<NoticeView>,
}

/// A message about one change of a Finding to one recipient by one channel, or why there is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct NoticeView {
    /// What it says: `opened`, `flapping`, `acknowledged`, `reminder`, `escalated` or `resolved`.
    #[schema(example = "opened")]
    pub kind: String,
    /// Occurrence that it is about.
    #[schema(example = 1)]
    pub occurrence: u32,
    /// Channel: `mail`, `ntfy` or `webhook`.
    #[schema(example = "mail")]
    pub channel: &'static str,
    /// Address for mail, else the name of the channel; null for a notice that no recipient of the channel gets.
    #[schema(required, example = "ana@example.com")]
    pub recipient: Option<String>,
    /// How far it is: `planned`, `claimed`, `sent`, `failed`, `held` or `suppressed`.
    #[schema(example = "sent")]
    pub state: String,
    /// Why it is in this state, in CamelCase.
    #[schema(required, example = "Silenced")]
    pub reason: Option<String>,
    /// The answer of the server, or what the reason refers to.
    #[schema(required, example = "250 2.0.0 Ok: queued")]
    pub message: Option<String>,
    /// When it entered its state.
    #[schema(example = "2026-01-02T03:04:06Z")]
    pub at: Timestamp,
    /// Attempts to send it so far.
    #[schema(example = 1)]
    pub attempts: u32,
    /// Message-ID of the mail, without angle brackets; of other channels an identity of the same form.
    #[schema(required, example = "s44we8.0123456789@agentic-ops")]
    pub message_id: Option<String>,
}

/// Phase of a Finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum FindingPhase {
    Open,
    Acknowledged,
    Resolved,
}

/// The runbook that tells people on duty how to handle a Finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RunbookView {
    /// File name of the runbook, without `.md`.
    #[schema(example = "proxmox-cluster")]
    pub spec: String,
    /// Heading of the section that applies; null for the whole runbook.
    #[schema(required, example = "Como verificar à mão")]
    pub section: Option<String>,
    /// Address of the runbook; null if AGENTIC_RUNBOOK_URL is not set.
    #[schema(required, example = "https://git.example.com/specs/proxmox-cluster.md#como-verificar-%C3%A0-m%C3%A3o")]
    pub url: Option<String>,
}

/// Who acknowledged a Finding, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AcknowledgementView {
    /// Name of the person.
    #[schema(example = "ana")]
    pub by: String,
    /// The person's note.
    #[schema(required, example = "vendo")]
    pub note: Option<String>,
    /// Time of the acknowledgement.
    #[schema(example = "2026-01-02T03:10:00Z")]
    pub at: Timestamp,
    /// Whether the name was authenticated.
    #[schema(example = true)]
    pub proven: bool,
}

/// Filter of a list of Findings. Conditions are combined with AND.
#[derive(Clone, Debug, Default, PartialEq, Eq, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FindingFilter {
    /// Phase of the Findings to list: `active`, the default, is open and acknowledged.
    #[param(inline, value_type = Option<PhaseFilter>, nullable = false)]
    pub phase: PhaseFilter,
    /// Severity of the Findings to list.
    #[param(nullable = false)]
    pub severity: Option<Severity>,
    /// Name of the Scenario.
    #[param(nullable = false)]
    pub scenario: Option<String>,
    /// Id, object name or display name of the Agent.
    #[param(nullable = false)]
    pub agent: Option<String>,
    /// Words that stand in the message, the title, or the names of the Scenario, check and item, whatever their case and accents.
    #[param(value_type = Option<String>, nullable = false, max_length = 200, example = "execucao 112")]
    pub text: Option<Sought>,
}

/// Phases that a filter selects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PhaseFilter {
    /// Open and acknowledged.
    #[default]
    Active,
    Open,
    Acknowledged,
    Resolved,
}

impl FindingFilter {
    /// Names of the parameters that [`FindingFilter::parse`] reads.
    pub const PARAMETERS: [&'static str; 5] = ["phase", "severity", "scenario", "agent", "text"];

    /// Reads the filter from query parameters; the error names the first invalid parameter.
    pub fn parse(parameters: &Parameters) -> Result<FindingFilter, QueryError> {
        let phase = match parameters.get("phase") {
            None => PhaseFilter::default(),
            Some(word) => words::parse(word, PhaseFilter::ALL, PhaseFilter::as_str)
                .map_err(|message| QueryError::new("phase", message))?,
        };
        let severity = parameters
            .get("severity")
            .map(|word| words::parse(word, Severity::ALL, Severity::as_str))
            .transpose()
            .map_err(|message| QueryError::new("severity", message))?;
        let text = |name| parameters.get(name).cloned();
        let sought = parameters.get("text").map(|given| sought(given)).transpose()?;
        Ok(FindingFilter { phase, severity, scenario: text("scenario"), agent: text("agent"), text: sought })
    }

    /// Whether the filter selects a Finding. `agent` is the object name of the Agent to filter by.
    pub fn matches(&self, finding: &Finding, agent: Option<&str>) -> bool {
        let responsible = finding.status.as_ref().and_then(|s| s.agent.as_deref());
        let is_of_agent = agent.is_none_or(|wanted| responsible == Some(wanted));
        let selects = |phase| self.selects(phase, severity(finding), &finding.spec.scenario);
        is_of_agent
            && phase(finding).is_some_and(selects)
            && self.text.as_ref().is_none_or(|sought| sought.is_in(texts(finding)))
    }

    /// The part of [`FindingFilter::matches`] without the Agent and the words that are searched for.
    pub(super) fn selects(&self, phase: Phase, severity: Option<Severity>, scenario: &str) -> bool {
        self.phase.includes(phase)
            && self.severity.is_none_or(|wanted| severity == Some(wanted))
            && self.scenario.as_deref().is_none_or(|wanted| scenario == wanted)
    }
}

/// What is searched for; the error says that it is too long.
fn sought(given: &str) -> Result<Sought, QueryError> {
    match given.chars().count() {
        ..=SOUGHT_MAX => Ok(Sought::parse(given)),
        chars => Err(QueryError::new("text", format!("{chars} characters, should be at most {SOUGHT_MAX}"))),
    }
}

/// What is searched in a Finding.
fn texts(finding: &Finding) -> impl Iterator<Item = &str> {
    let (spec, status) = (&finding.spec, finding.status.as_ref());
    let of_status = status.into_iter().flat_map(|status| [&status.message, &status.title]).flatten();
    [&spec.scenario, &spec.check, &spec.key].into_iter().chain(of_status).map(String::as_str)
}

impl PhaseFilter {
    /// All of them.
    pub const ALL: [PhaseFilter; 4] =
        [PhaseFilter::Active, PhaseFilter::Open, PhaseFilter::Acknowledged, PhaseFilter::Resolved];

    /// The word of the parameter.
    pub fn as_str(self) -> &'static str {
        match self {
            PhaseFilter::Active => "active",
            PhaseFilter::Open => "open",
            PhaseFilter::Acknowledged => "acknowledged",
            PhaseFilter::Resolved => "resolved",
        }
    }

    fn includes(self, phase: Phase) -> bool {
        match self {
            PhaseFilter::Active => phase.is_active(),
            PhaseFilter::Open => phase == Phase::Open,
            PhaseFilter::Acknowledged => phase == Phase::Acknowledged,
            PhaseFilter::Resolved => phase == Phase::Resolved,
        }
    }
}

/// Phase of a Finding; `None` before the operator has written the status.
pub fn phase(finding: &Finding) -> Option<Phase> {
    finding.status.as_ref().and_then(|s| s.phase)
}

/// Severity of a Finding; `None` before the operator has written the status.
pub fn severity(finding: &Finding) -> Option<Severity> {
    finding.status.as_ref().and_then(|s| s.severity)
}

/// What happened, in the words of the check: the message of a Finding, and of one that is resolved the one with which it opened.
pub fn happened(finding: &Finding) -> Option<String> {
    occurrences_of(finding).pop()?.message
}

/// A time in which a Finding was open, or is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OccurrenceView {
    pub opened_at: Option<Timestamp>,
    /// `None` of the current one.
    pub resolved_at: Option<Timestamp>,
    /// What happened, in the words of the check.
    pub message: Option<String>,
}

/// The occurrences of a Finding as far as its status has them, the first one first.
pub fn occurrences_of(finding: &Finding) -> Vec<OccurrenceView> {
    let Some(status) = &finding.status else { return Vec::new() };
    let over = occurrences(status).into_iter().map(|(opened, resolved, message)| OccurrenceView {
        opened_at: Some(opened),
        resolved_at: Some(resolved),
        message: Some(message)
            .filter(|message| !message.is_empty())
            .or_else(|| status.message.clone())
            .map(|of| text(&of)),
    });
    let mut all: Vec<OccurrenceView> = over.collect();
    if status.is_active() || all.is_empty() {
        let resolved_at = status.resolved_at.as_ref().filter(|_| !status.is_active()).map(|at| at.0);
        let message = status.message.as_deref().map(text);
        all.push(OccurrenceView { opened_at: opened_at(finding), resolved_at, message });
    }
    all
}

/// When the current or last occurrence of a Finding was opened.
pub(super) fn opened_at(finding: &Finding) -> Option<Timestamp> {
    finding.status.as_ref().and_then(|s| s.opened_at.as_ref()).map(|at| at.0)
}

/// Whether a Finding is Open or Acknowledged.
pub fn is_active(finding: &Finding) -> bool {
    finding.status.as_ref().is_some_and(FindingStatus::is_active)
}

impl FindingView {
    /// The view of a Finding; `agent` is the reference to the Agent that its status names, `votes` are those on its advice.
    pub fn new(finding: &Finding, agent: Option<AgentRef>, votes: VotesView) -> FindingView {
        let status = finding.status.clone().unwrap_or_default();
        FindingView {
            id: finding.name_any(),
            scenario_id: finding.spec.scenario.clone(),
            check: line(&finding.spec.check),
            key: line(&finding.spec.key),
            agent,
            title: status.title.as_deref().map(line),
            message: status.message.as_deref().map(text),
            runbook: status.runbook.map(RunbookView::from),
            severity: status.severity,
            phase: status.phase.map(FindingPhase::from),
            opened_at: status.opened_at.map(|at| at.0),
            resolved_at: status.resolved_at.map(|at| at.0),
            occurrences: status.occurrences,
            acknowledgement: status.acknowledgement.map(AcknowledgementView::from),
            owner: status.owner.map(OwnerView::from),
            evidence: status.evidence.map(EvidenceView::from),
            advice: status.advice.map(|advice| AdviceView::new(advice, votes)),
            thread_id: status.thread,
            notices: status.notices.into_iter().map(NoticeView::from).collect(),
        }
    }
}

impl From<Notice> for NoticeView {
    fn from(notice: Notice) -> NoticeView {
        NoticeView {
            kind: notice.kind.as_str().to_lowercase(),
            occurrence: notice.occurrence,
            channel: notice.channel.as_str(),
            recipient: Some(notice.recipient).filter(|recipient| !recipient.is_empty()),
            state: notice.state.as_str().to_lowercase(),
            reason: notice.reason,
            message: notice.message,
            at: notice.at.0,
            attempts: notice.attempts,
            message_id: notice.group.map(|group| group.id),
        }
    }
}

impl From<Phase> for FindingPhase {
    fn from(phase: Phase) -> FindingPhase {
        match phase {
            Phase::Open => FindingPhase::Open,
            Phase::Acknowledged => FindingPhase::Acknowledged,
            Phase::Resolved => FindingPhase::Resolved,
        }
    }
}

impl From<FindingRunbook> for RunbookView {
    fn from(runbook: FindingRunbook) -> RunbookView {
        let FindingRunbook { spec, section, url } = runbook;
        RunbookView { spec, section, url }
    }
}

impl From<FindingAcknowledgement> for AcknowledgementView {
    fn from(acknowledgement: FindingAcknowledgement) -> AcknowledgementView {
        let FindingAcknowledgement { by, note, at, proven, .. } = acknowledgement;
        AcknowledgementView { by: line(&by), note: note.as_deref().map(text), at: at.0, proven }
    }
}
