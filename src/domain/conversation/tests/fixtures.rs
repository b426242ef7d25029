//! A Finding, its group and its runbook.

use crate::api::{
    Evidence, FindingAcknowledgement, FindingRunbook, FindingSpec, FindingStatus, Phase, ReadValue, Severity, Snapshot,
};
use crate::domain::conversation::Style;
use crate::domain::conversation::correlation::{Group, OpenFinding};
use crate::domain::silence::SilencedBy;
use crate::domain::texts::Language;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

pub const NAME: &str = "proxmox.cluster-0123456789";

pub const PAGE: &str = "# Cluster Proxmox\n\nCenário `proxmox.cluster`.\n\n## Sintomas\n\n- Uma VM sumiu.\n\n\
    ## O que significa\n\n- Uma VM só: alguém a desligou, ou faltou memória no nó.\n- Várias VMs: o nó caiu.\n\n\
    ## Como verificar à mão\n\n1. Em qualquer nó:\n\n   ```sh\n   pvecm status\n   ```\n\n2. `qm status 112 --verbose`\n\n\
    ## Como reparar\n\n1. `qm start 112`\n";

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn time(text: &str) -> Time {
    Time(at(text))
}

pub fn style(language: Language) -> Style {
    Style { language, zone: TimeZone::get("America/Sao_Paulo").unwrap() }
}

pub fn language_name(language: Language) -> &'static str {
    match language {
        Language::Portuguese => "pt",
        Language::English => "en",
    }
}

pub fn spec() -> FindingSpec {
    FindingSpec {
        scenario: "proxmox.cluster".into(),
        check: "vm-running".into(),
        key: "112".into(),
        fingerprint: "0123456789".into(),
        acknowledgement: None,
        owner: None,
    }
}

pub fn status() -> FindingStatus {
    let read = |path: &str, value: &str| ReadValue { path: path.into(), value: value.into() };
    FindingStatus {
        phase: Some(Phase::Open),
        severity: Some(Severity::Critical),
        agent: Some("pulso".into()),
        title: Some("Cluster Proxmox".into()),
        message: Some("VM 112 não está em execução".into()),
        runbook: Some(FindingRunbook {
            spec: "proxmox-cluster".into(),
            section: Some("Como verificar à mão".into()),
            url: Some("https://git.example.org/specs/proxmox-cluster.md#como-verificar-%C3%A0-m%C3%A3o".into()),
        }),
        evidence: Some(Evidence {
            show: Some("{\n  \"vmid\": 112,\n  \"status\": \"stopped\",\n  \"tags\": []\n}".into()),
            expression: Some(
                "probes.vms.json.data.exists(v,\n  string(v.vmid) == item && v.status == \"running\")".into(),
            ),
            values: vec![
                read("probes.vms.status", "200"),
                read("item", "\"112\""),
                read(
                    "probes.vms.json.data",
                    r#"2 itens: [{"vmid":112,"status":"stopped"},{"vmid":1… 80 bytes omitidos …"#,
                ),
            ],
            failing: None,
            last_good: Some(Snapshot { at: time("2026-11-26T13:02:30Z"), readings: Vec::new() }),
            truncated: false,
        }),
        opened_at: Some(time("2026-11-26T13:08:00Z")),
        occurrences: Some(2),
        ..FindingStatus::default()
    }
}

pub fn acknowledgement() -> FindingAcknowledgement {
    FindingAcknowledgement {
        by: "ana".into(),
        note: Some("troca de disco em curso".into()),
        at: time("2026-11-26T13:20:00Z"),
        occurrence: 2,
        action: None,
        manager: Some("kubectl-patch".into()),
        proven: false,
    }
}

pub fn open(name: &str, scenario: &str, message: &str, severity: Severity) -> OpenFinding {
    OpenFinding {
        name: name.into(),
        scenario: scenario.into(),
        message: message.into(),
        severity: Some(severity),
        opened_at: None,
    }
}

/// The Finding is the root of two others.
pub fn group() -> Group {
    Group {
        root: open(NAME, "proxmox.cluster", "VM 112 não está em execução", Severity::Critical),
        others: vec![
            open("desk.api.health-1", "desk.api.health", "A API do Desk não responde.", Severity::High),
            open("funnel-1", "funnel.stuck", "Há 3 chamados parados", Severity::Medium),
        ],
    }
}

/// One person silenced it.
pub fn silences() -> Vec<SilencedBy> {
    vec![SilencedBy {
        name: "silence-0a1b2c3d4e".into(),
        author: "rui".into(),
        reason: "troca de disco".into(),
        until: Some(at("2026-11-26T16:00:00Z")),
    }]
}
