//! `--registry`: applies the Scenarios and Agents of a file or directory and follows its changes, as a GitOps agent does.
//!
//! 1. [`files::list`] tells which files there are, and [`Watched`] which of them have been written completely.
//! 2. [`documents::parse`] and [`Rules`] turn the text of a file into entries, each with a verdict.
//! 3. [`Watched::plan`] chooses the entries that are in force; a new spec that is not valid leaves the last one that was.
//! 4. [`sync`] makes the objects in the API what the plan says, at each change and once a minute.

pub mod contents;
pub mod documents;
mod drift;
pub mod files;
pub mod position;
pub mod rules;
mod scalar;
mod status;
mod sync;
mod watched;

pub use status::RegistryStatus;
pub use sync::SyncResult;

use crate::controlplane::Packer;
use crate::domain::texts::Language;
use crate::domain::validate::ProbePolicy;
use crate::runtime::leadership::WriteFence;
use crate::runtime::retry;
use crate::telemetry::Metrics;
use documents::{BadDocument, Document};
use files::{Limits, Stamp};
use kube::Client;
use position::Position;
use rules::{Judged, Rules};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use watched::{Content, Entry, Plan, Trouble, Verdict, Watched};

/// Poll interval for changes of the files; longer where looking takes long.
const POLL: Duration = Duration::from_secs(1);
/// Looking at the files takes at most this part of the time.
const LOOKING_SHARE: u32 = 20;
/// The default of [`RegistryOptions::reconcile`].
pub const RECONCILE: Duration = Duration::from_secs(60);
/// How often troubles are logged that stay.
const REMIND: Duration = Duration::from_secs(3600);

/// What a registry is and what its Scenarios may use.
pub struct RegistryOptions {
    /// File or directory.
    pub path: PathBuf,
    pub limits: Limits,
    pub policy: Arc<ProbePolicy>,
    pub metrics: Arc<Metrics>,
    /// How often objects are compared with the files, although these did not change.
    pub reconcile: Duration,
}

/// Applies a registry to a namespace.
pub struct Registry {
    source: Source,
    applier: sync::Applier,
    fence: WriteFence,
    metrics: Arc<Metrics>,
    reconcile: Duration,
    status: RegistryStatus,
}

/// The files, and how they are judged.
struct Source {
    path: PathBuf,
    limits: Limits,
    rules: Rules,
    watched: Watched,
    packer: Packer,
}

/// When what was done last.
#[derive(Default)]
struct Progress {
    /// The version of the files, and whether they were complete.
    synced: Option<(u64, bool)>,
    compared: Option<Instant>,
    retry_at: Option<Instant>,
    failures: u32,
    logged: Vec<Trouble>,
    logged_at: Option<Instant>,
}

impl Registry {
    /// Writes go through `fence`, so that only the leader applies its copy of the registry. Errors: the schemas of the kinds are not
    /// valid, which is a defect.
    pub fn new(
        client: Client,
        namespace: &str,
        options: RegistryOptions,
        fence: WriteFence,
    ) -> Result<Registry, super::CliError> {
        let RegistryOptions { path, limits, policy, metrics, reconcile } = options;
        let rules = Rules::new(policy, Language::English)?;
        let applier = sync::Applier::new(client, namespace, fence.clone())?;
        let source = Source { path, limits, rules, watched: Watched::default(), packer: Packer::default() };
        Ok(Registry { source, applier, fence, metrics, reconcile, status: RegistryStatus::default() })
    }

    /// What of it is not in force, while it is followed.
    pub fn status(&self) -> RegistryStatus {
        self.status.clone()
    }

    /// Synchronises at start, after each change of the files that is complete, every minute, and after becoming the leader. Never
    /// returns.
    pub async fn follow(self) {
        let Registry { mut source, mut applier, fence, metrics, reconcile, status } = self;
        let mut progress = Progress::default();
        loop {
            let started = Instant::now();
            if fence.is_open() {
                let is_due = progress.is_due(reconcile, started);
                let looked = tokio::task::spawn_blocking(move || {
                    source.look(is_due, Instant::now());
                    source
                });
                source = match looked.await {
                    Ok(source) => source,
                    // A defect, since looking panicked; it is in the log.
                    Err(error) => {
                        status.set(&[Trouble::new("the registry is no longer followed: see the log".into())]);
                        return tracing::error!(%error, "registry: no longer followed");
                    }
                };
                let looking = started.elapsed();
                let now = Instant::now();
                let state = (source.watched.version(), source.watched.is_complete(now));
                if progress.synced != Some(state) || is_due || progress.retry_at.is_some_and(|at| at <= now) {
                    let plan = source.watched.plan(now);
                    let result = applier.sync(&plan, &mut source.rules).await;
                    progress.log(&source.path, &plan, &result, &metrics);
                    status.set(&progress.logged);
                    progress.synced(state, &result, Instant::now());
                }
                tokio::time::sleep(POLL.max(looking * LOOKING_SHARE)).await;
            } else {
                progress.synced = None;
                status.set(&[]);
                tokio::time::sleep(POLL).await;
            }
        }
    }
}

impl Source {
    /// Looks at the files, and reads those that have changed and settled; with `retry` also those that could not be read.
    fn look(&mut self, retry: bool, now: Instant) {
        if retry {
            self.watched.retry();
        }
        let listing = files::list(&self.path, self.limits);
        let due = self.watched.observe(listing, now);
        for path in &due {
            let mut budget = self.limits.bytes.saturating_sub(self.watched.bytes_without(path));
            let text = files::read(path, &mut budget);
            let after = Stamp::now(path);
            let content = text.map(|text| self.content(path, &text)).map_err(|error| BadDocument::of_file(path, error));
            self.watched.read(path, after.as_ref(), content, now);
        }
        self.watched.finish(!due.is_empty());
    }

    /// The entries of a file with this text.
    fn content(&mut self, path: &Path, text: &str) -> Content {
        let mut content = Content { is_whole: true, bytes: text.len() as u64, ..Content::default() };
        let mut bad_documents = Vec::new();
        for document in documents::each(&path.display().to_string(), text) {
            let document = match document {
                Ok(document) => document,
                Err(bad) => {
                    bad_documents.push(Trouble::from(&bad));
                    continue;
                }
            };
            let (verdict, faults) = match self.rules.judge(&document) {
                Judged::Agent | Judged::Scenario(_) => (Verdict::Ready, Vec::new()),
                Judged::NotReady(faults) => (Verdict::NotReady, faults),
                Judged::Refused(faults) => (Verdict::Refused, faults),
            };
            let (kind, name) = (&document.kind, &document.name);
            let trouble = |fault: &rules::Fault| {
                let fault = rules::Fault { text: format!("{kind} {name:?}: {}", fault.text), ..fault.clone() };
                Trouble::new(fault.located(&document.file))
            };
            content.troubles.extend(faults.iter().map(trouble));
            content.entries.push(Arc::new(self.entry(document, verdict)));
        }
        content.is_whole = bad_documents.is_empty();
        content.troubles.splice(0..0, bad_documents);
        content.entries.shrink_to_fit();
        content
    }

    fn entry(&mut self, document: Document, verdict: Verdict) -> Entry {
        let line = document.in_file(Position { line: 1, column: 1 }).line;
        let json = document.value.to_string();
        Entry {
            origin: format!("{}:{line}", document.file),
            hash: hash(&json),
            json: self.packer.pack(&document.kind, &json),
            identity: (document.kind, document.name),
            verdict,
        }
    }
}

fn hash(json: &str) -> String {
    Sha256::digest(json.as_bytes())[..8].iter().map(|b| format!("{b:02x}")).collect()
}

impl Progress {
    /// Whether the last comparison is that long ago.
    fn is_due(&self, interval: Duration, now: Instant) -> bool {
        self.compared.is_none_or(|at| now.saturating_duration_since(at) >= interval)
    }

    fn synced(&mut self, state: (u64, bool), result: &SyncResult, now: Instant) {
        self.synced = Some(state);
        self.compared = Some(now);
        self.retry_at = result.incomplete.then(|| now + retry::REGISTRY.interval(self.failures));
        self.failures = if result.incomplete { self.failures + 1 } else { 0 };
    }

    /// Logs what was done, and what is wrong when that changes and once an hour.
    fn log(&mut self, path: &Path, plan: &Plan, result: &SyncResult, metrics: &Metrics) {
        let troubles: Vec<Trouble> = plan.troubles.iter().chain(&result.troubles).cloned().collect();
        for (limit, trouble) in troubles.iter().filter_map(|trouble| Some((trouble.limit?, trouble))) {
            metrics.limit_reached(limit, &trouble.text);
        }
        let is_old = self.logged_at.is_none_or(|at| at.elapsed() >= REMIND);
        let is_news = self.logged != troubles || is_old && !troubles.is_empty();
        if is_news {
            for Trouble { text, .. } in &troubles {
                tracing::error!("registry: {text}");
            }
            self.logged = troubles;
            self.logged_at = Some(Instant::now());
        }
        let SyncResult { applied, restored, deleted, .. } = result;
        if is_news || self.compared.is_none() || applied + restored + deleted > 0 {
            let (registry, found, errors) = (path.display(), plan.entries.len(), self.logged.len());
            tracing::info!(%registry, found, applied, restored, deleted, errors, "registry applied");
        }
    }
}
