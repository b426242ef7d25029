//! Contents for the tests.

use crate::api::{NoticeKind, Severity};
use crate::domain::notice::content::{
    AcknowledgedBy, Content, Item, ModelAdvice, OfOpening, Opening, ReadFacts, RunbookSection,
};
use crate::domain::notice::wording::Style;
use crate::domain::texts::Language;
use jiff::Timestamp;
use jiff::tz::TimeZone;

pub const KINDS: [NoticeKind; 7] = [
    NoticeKind::Opened,
    NoticeKind::Flapping,
    NoticeKind::Acknowledged,
    NoticeKind::Reminder,
    NoticeKind::Escalated,
    NoticeKind::Advised,
    NoticeKind::Resolved,
];

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn style(language: Language) -> Style {
    Style { language, zone: TimeZone::get("America/Sao_Paulo").unwrap(), desk_url: "https://desk.example.org".into() }
}

pub fn vm(number: u32) -> Item {
    Item {
        finding: format!("proxmox.cluster-00000000{}", number % 100),
        scenario: "proxmox.cluster".into(),
        check: "vm-running".into(),
        key: number.to_string(),
        agent: "pulso".into(),
        title: "Cluster Proxmox".into(),
        message: format!("VM {number} não está em execução"),
        severity: Some(Severity::Critical),
        occurrence: 2,
        opened_at: Some(at("2026-11-26T13:08:00Z")),
        resolved_at: None,
        is_unwatched: false,
        acknowledgement: None,
        read: ReadFacts {
            show: Some(format!("{{\n  \"vmid\": {number},\n  \"status\": \"stopped\"\n}}")),
            expression: Some(
                "probes.vms.json.data.exists(v, string(v.vmid) == item && v.status == \"running\")".into(),
            ),
            values: vec![("probes.vms.status".into(), "200".into()), ("item".into(), format!("\"{number}\""))],
            last_good_at: Some(at("2026-11-26T13:02:30Z")),
        },
        runbook: Some(RunbookSection {
            spec: "proxmox-cluster".into(),
            heading: Some("Como verificar à mão".into()),
            url: Some("https://git.example.org/specs/proxmox-cluster.md#como-verificar-%C3%A0-m%C3%A3o".into()),
            text: Some(RUNBOOK.into()),
        }),
        thread: Some(format!("proxmox.cluster-00000000{}-t3nk2a", number % 100)),
        advice: None,
    }
}

pub const RUNBOOK: &str = "\
1. Em qualquer nó, por SSH:

   ```sh
   pvecm status        # procure \"Quorate: Yes\" e conte os votos
   pvecm nodes
   ```

2. No nó da VM parada: `qm list`, `qm status 112 --verbose`. Veja também **o log de tarefas** e a
   [documentação](https://pve.proxmox.com/wiki/Qm).
";

pub const ADVICE: &str = "\
A VM 112 parou.

Causas prováveis:
- O disco do nó encheu. (certeza média)
  Runbook proxmox-cluster § Como verificar à mão

Passos:
1. Veja o estado da VM parada.
   qm status 112 --verbose
   Runbook proxmox-cluster § Como verificar à mão";

pub fn desk() -> Item {
    Item {
        finding: "desk.api.health-00000000aa".into(),
        scenario: "desk.api.health".into(),
        check: "status".into(),
        agent: "pulso".into(),
        title: "API do Desk".into(),
        message: "A API do Desk respondeu 502 em /health".into(),
        severity: Some(Severity::High),
        occurrence: 1,
        opened_at: Some(at("2026-11-26T13:10:00Z")),
        ..Item::default()
    }
}

/// The item as a notice of this kind has it.
fn as_of(kind: NoticeKind, mut item: Item) -> Item {
    match kind {
        NoticeKind::Resolved => {
            item.resolved_at = Some(at("2026-11-26T15:13:00Z"));
            item.message = format!("Voltou ao normal depois de 2 h 5 min. Era: {}", item.message);
        }
        NoticeKind::Acknowledged => {
            item.acknowledgement = Some(AcknowledgedBy {
                by: "ana".into(),
                note: Some("troca de disco em curso".into()),
                at: Some(at("2026-11-26T13:20:00Z")),
                proven: item.key.is_empty(),
            });
        }
        NoticeKind::Advised => {
            let advice = ModelAdvice { text: ADVICE.into(), is_stale: item.key.is_empty() };
            item.advice.get_or_insert(advice);
        }
        NoticeKind::Opened | NoticeKind::Flapping | NoticeKind::Reminder | NoticeKind::Escalated => {}
    }
    item
}

/// A message about these Findings, at a time that goes with the kind.
pub fn content(kind: NoticeKind, items: Vec<Item>) -> Content {
    let items: Vec<Item> = items.into_iter().map(|item| as_of(kind, item)).collect();
    let at = at(match kind {
        NoticeKind::Opened | NoticeKind::Flapping => "2026-11-26T13:11:00Z",
        NoticeKind::Acknowledged => "2026-11-26T13:20:30Z",
        NoticeKind::Escalated => "2026-11-26T13:25:00Z",
        NoticeKind::Advised => "2026-11-26T13:17:00Z",
        NoticeKind::Reminder => "2026-11-26T17:11:00Z",
        NoticeKind::Resolved => "2026-11-26T15:13:30Z",
    });
    let opening = (kind != NoticeKind::Opened).then(|| Opening {
        id: "0f1e2d3c@agentic-ops".into(),
        subject: "[crítico] VM 112 não está em execução · proxmox.cluster".into(),
        is_known: true,
        findings: OfOpening { told: Some(items.len()), open: items.len(), acknowledged: 0 },
    });
    Content { kind, total: items.len(), items, at, id: "a1b2c3d4@agentic-ops".into(), opening }
}

pub fn single(kind: NoticeKind) -> Content {
    content(kind, vec![vm(112)])
}

/// Three Findings; of resolved ones the last is no longer watched.
pub fn group(kind: NoticeKind) -> Content {
    let mut content = content(kind, vec![vm(112), vm(123), desk()]);
    if kind == NoticeKind::Resolved {
        content.items[2].is_unwatched = true;
        content.items[2].message =
            "Não é mais monitorado: a verificação não existe mais no cenário. Última mensagem: A API do Desk respondeu 502 em /health".into();
    }
    content
}

/// One of the three Findings of an opening; of the others one is acknowledged.
pub fn part(kind: NoticeKind) -> Content {
    let mut content = content(kind, vec![vm(123)]);
    if let Some(opening) = &mut content.opening {
        opening.subject.push_str(" (e mais 2)");
        let open = if kind == NoticeKind::Resolved { 2 } else { 3 };
        opening.findings = OfOpening { told: Some(3), open, acknowledged: 1 };
    }
    content
}

/// The same in English, as a program that is set to it writes messages.
pub fn english(mut content: Content) -> Content {
    let said = [
        (
            "Não é mais monitorado: a verificação não existe mais no cenário. Última mensagem: ",
            "No longer watched: the check is no longer in the Scenario. Last message: ",
        ),
        ("Voltou ao normal depois de 2 h 5 min. Era: ", "Recovered after 2 h 5 min. It was: "),
        ("não está em execução", "is not running"),
        ("A API do Desk respondeu 502 em /health", "The Desk's API answered 502 at /health"),
        ("troca de disco em curso", "a disk is being replaced"),
        ("[crítico]", "[critical]"),
        ("(e mais 2)", "(and 2 more)"),
    ];
    let translated = |text: &str| said.iter().fold(text.to_string(), |text, (from, to)| text.replace(from, to));
    for item in &mut content.items {
        item.message = translated(&item.message);
        if let Some(by) = &mut item.acknowledgement {
            by.note = by.note.as_deref().map(translated);
        }
    }
    if let Some(opening) = &mut content.opening {
        opening.subject = translated(&opening.subject);
    }
    content
}
