//! An operator that advises, with a target and a runbook.

use super::model::{EMBED, NAME, StandIn};
use crate::integration::replicas::cluster::{Cluster, Which};
use crate::integration::replicas::target::Target;
use crate::kit::wait::eventually;
use crate::kit::{operator, settings};
use agentic_ops::advisor::ollama::{Ollama, OllamaConfig};
use agentic_ops::advisor::runbooks::{Library, LibraryConfig, TreeLimits};
use agentic_ops::advisor::vectors::Vectors;
use agentic_ops::api::{Advice, Agent, Finding, Message, Phase, Scenario};
use agentic_ops::cli::notices;
use agentic_ops::controllers::advice_config::AdviceConfig;
use agentic_ops::controllers::model_standing::ModelStanding;
use agentic_ops::controllers::{Operator, OperatorConfig};
use agentic_ops::domain::fingerprint::finding_name;
use agentic_ops::net::guard::AddressGuard;
use agentic_ops::telemetry::Metrics;
use jiff::Timestamp;
use kube::ResourceExt as _;
use kube::api::{Patch, PatchParams, PostParams};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub const RUNBOOK: &str = "# Loja\n\nA loja não responde.\n\n## Como reparar\n\n\
    Reinicie o serviço da loja com cuidado e confira a página inicial.\n";

/// What only its vector finds.
pub const UNRELATED: &str = "# Zebra\n\nListras pretas.\n";

pub struct Site {
    pub cluster: Cluster,
    pub target: Target,
    pub operator: Option<Operator>,
    pub metrics: Arc<Metrics>,
    specs: PathBuf,
}

/// What the model server is.
pub struct With<'a> {
    pub model: Option<&'a StandIn>,
    pub timeout: Duration,
    /// The runbooks are embedded, and there is one that no question has a word of.
    pub vectors: bool,
}

pub const WITHOUT_MODEL: With<'_> = With { model: None, timeout: Duration::from_secs(60), vectors: false };

pub fn with(model: &StandIn) -> With<'_> {
    With { model: Some(model), ..WITHOUT_MODEL }
}

impl Site {
    /// An operator with T1 agents, and a target that is broken.
    pub async fn start(name: &str, with: With<'_>) -> Site {
        let cluster = Cluster::start(Which::Embedded, name).await.unwrap();
        for (agent, tier) in [("pulso", "T1"), ("trilho", "T0"), ("vigia", "T0"), ("maestro", "T1")] {
            let object = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Agent", "metadata": {"name": agent},
                "spec": {"displayName": agent, "codename": agent, "tier": tier, "inboxRoles": ["ops_lead"],
                    "persona": format!("Sou {agent}.")}});
            cluster
                .api()
                .create(&PostParams::default(), &serde_json::from_value::<Agent>(object).unwrap())
                .await
                .unwrap();
        }
        let specs = cluster.scratch.0.join("specs");
        std::fs::create_dir_all(&specs).unwrap();
        std::fs::write(specs.join("loja.md"), RUNBOOK).unwrap();
        if with.vectors {
            std::fs::write(specs.join("zebra.md"), UNRELATED).unwrap();
        }
        let target = Target::start().await;
        target.set(false);
        let mut site = Site { cluster, target, operator: None, metrics: Arc::new(Metrics::default()), specs };
        site.start_operator(with);
        site
    }

    pub fn start_operator(&mut self, with: With<'_>) {
        let settings = settings::nowhere(&[("AGENTIC_SPECS_ROOT", self.specs.to_str().unwrap())]);
        let config = operator::config(self.cluster.client.clone(), &self.cluster.namespace, None);
        self.metrics = config.metrics.clone();
        let root = self.specs.clone();
        let limits = TreeLimits { files: 16, bytes: 1 << 20 };
        let model = with.model.map(|model| client(model, with.timeout));
        let library = Library::open(LibraryConfig { root, database: None, limits }).unwrap();
        let vectors = model.clone().filter(|_| with.vectors);
        let advice = AdviceConfig {
            vectors: vectors.map(|client| Vectors::new(client, library.clone(), Timestamp::now)),
            model,
            off: with.model.is_none().then_some("OLLAMA_BASE_URL"),
            library: Some(library),
            ..AdviceConfig::default()
        };
        let mut monitoring = config.monitoring.clone();
        if with.model.is_some() {
            monitoring.model = ModelStanding::on(NAME);
        }
        let notices = notices::config(&settings, "test", "http://127.0.0.1:9".into(), false).unwrap().notification;
        self.operator = Some(Operator::start(OperatorConfig { advice, monitoring, notices, ..config }));
    }

    /// Creates a Scenario that reads the target every second, with a threshold of one, of this severity; with a runbook if `spec` names
    /// one.
    pub async fn watch(&self, name: &str, severity: &str, agent: &str, spec: Option<&str>) -> String {
        let mut object = json!({
            "apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Scenario", "metadata": {"name": name},
            "spec": {"title": "Loja", "agent": agent, "severity": severity, "interval": "1s",
                "thresholds": {"fail": 1, "recover": 1},
                "probes": [{"name": "web", "http": {"url": self.target.url}}],
                "checks": [{"name": "status", "expect": "probes.web.status == 200", "message": "'a loja não responde'"}]},
        });
        if let Some(spec) = spec {
            object["spec"]["runbook"] = json!({"spec": spec, "section": "Como reparar"});
        }
        let scenario: Scenario = serde_json::from_value(object).unwrap();
        self.cluster.api().create(&PostParams::default(), &scenario).await.unwrap();
        finding_name(name, "status", "")
    }

    pub async fn finding(&self, name: &str) -> Option<Finding> {
        self.cluster.api::<Finding>().get_opt(name).await.unwrap()
    }

    /// Waits until the advice on a Finding is like this.
    pub async fn advised(&self, finding: &str, what: &str, is_it: impl Fn(&Advice) -> bool) -> Advice {
        eventually(what, || async { self.finding(finding).await?.status?.advice.filter(|advice| is_it(advice)) }).await
    }

    /// The Messages with advice.
    pub async fn told(&self) -> Vec<Message> {
        let all = self.cluster.api::<Message>().list(&Default::default()).await.unwrap();
        all.items.into_iter().filter(|message| message.spec.reason.as_deref() == Some("Advice")).collect()
    }

    /// A person asks for advice.
    pub async fn ask(&self, finding: &str, note: Option<&str>) {
        let annotations = json!({"agentic.ligbox.io/advice-requested-at": Timestamp::now().to_string(),
            "agentic.ligbox.io/advice-note": note});
        self.patch_finding(finding, json!({"metadata": {"annotations": annotations}})).await;
    }

    async fn patch_finding(&self, finding: &str, patch: Value) {
        let params = PatchParams::default();
        self.cluster.api::<Finding>().patch(finding, &params, &Patch::Merge(patch)).await.unwrap();
    }

    /// Changes the message of the check, and so the evidence, which is written at an interval: the failing check is repaired first.
    pub async fn change_message(&self, scenario: &str, message: &str) {
        let checks =
            json!([{"name": "status", "expect": "probes.web.status == 200", "message": format!("'{message}'")}]);
        let params = PatchParams::default();
        let patch = Patch::Merge(json!({"spec": {"checks": checks}}));
        let scenarios = self.cluster.api::<Scenario>();
        let changed = scenarios.patch(scenario, &params, &patch).await.unwrap().metadata.generation;
        // Runs of the spec before have ended.
        eventually("the operator to read the change", || async {
            let status = scenarios.get(scenario).await.ok()?.status?;
            (status.observed_generation == changed).then_some(())
        })
        .await;
    }

    pub async fn until_phase(&self, finding: &str, phase: Phase) {
        eventually(&format!("{phase:?}"), || async {
            (self.finding(finding).await?.status?.phase == Some(phase)).then_some(())
        })
        .await;
    }

    /// The versions of all Findings and Messages.
    pub async fn versions(&self) -> Vec<(String, Option<String>)> {
        let findings = self.cluster.api::<Finding>().list(&Default::default()).await.unwrap();
        let messages = self.cluster.api::<Message>().list(&Default::default()).await.unwrap();
        let findings = findings.items.iter().map(|finding| (finding.name_any(), finding.resource_version()));
        let messages = messages.items.iter().map(|message| (message.name_any(), message.resource_version()));
        findings.chain(messages).collect()
    }

    pub async fn stop_operator(&mut self) {
        self.operator.take().unwrap().shutdown().await;
    }

    pub async fn stop(mut self) {
        self.stop_operator().await;
        self.cluster.stop().await;
    }
}

fn client(model: &StandIn, timeout: Duration) -> Ollama {
    Ollama::new(OllamaConfig {
        base: format!("http://{}", model.address).parse().unwrap(),
        model: NAME.into(),
        embed_model: Some(EMBED.into()),
        keep_alive: Duration::from_secs(60),
        timeout,
        guard: AddressGuard::default(),
        extra_ca_pem: Vec::new(),
    })
    .unwrap()
}
