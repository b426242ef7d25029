//! The parts of the estate that can be broken.

/// A part of the estate that a Scenario watches.
pub struct Part {
    pub name: &'static str,
    /// The Scenario that detects it.
    pub scenario: &'static str,
    /// The effect of breaking it.
    pub what: &'static str,
    /// The check or probe that then fails, or `blind` if the Scenario cannot be evaluated.
    pub check: &'static str,
    /// The item that fails, for a check with `forEach`.
    pub key: &'static str,
}

/// A part of the mail server. No Scenario watches it: the notices of Findings show its effect.
pub struct MailPart {
    pub name: &'static str,
    /// The effect of breaking it.
    pub what: &'static str,
}

/// The state of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartState {
    Working,
    Broken,
}

/// A part with its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartInfo {
    pub name: &'static str,
    /// The Scenario that detects it, if one does.
    pub scenario: Option<&'static str>,
    /// The effect of breaking it, in one line.
    pub what: &'static str,
    pub state: PartState,
}

const fn part(
    name: &'static str,
    scenario: &'static str,
    check: &'static str,
    key: &'static str,
    what: &'static str,
) -> Part {
    Part { name, scenario, what, check, key }
}

/// At least one part for every check of the nine Scenarios.
pub const PARTS: &[Part] = &[
    part("desk-down", "desk.api.health", "api", "", "the Desk's API refuses connections"),
    part("desk-status", "desk.api.health", "status", "", "the Desk's API answers 503"),
    part("desk-body", "desk.api.health", "body-status", "", "the Desk's API answers 200 and says degraded"),
    part("wizard-down", "wizard.vm112.bundle", "api", "", "the wizard's API refuses connections"),
    part("wizard-api", "wizard.vm112.bundle", "api-status", "", "the wizard's API answers 500"),
    part("portal-down", "wizard.vm112.bundle", "portal", "", "the wizard's portal refuses connections"),
    part("wizard-portal", "wizard.vm112.bundle", "portal-status", "", "the wizard's portal answers 502"),
    part("wizard-html", "wizard.vm112.bundle", "portal-html", "", "the wizard's portal answers 200 with no page"),
    part("pfsense-down", "pfsense.api.system", "system", "", "pfSense refuses connections"),
    part("pfsense-hang", "pfsense.api.system", "system", "", "pfSense takes connections and never answers"),
    part("pfsense-key", "pfsense.api.system", "blind", "", "pfSense answers 401 to the key"),
    part("pfsense-error", "pfsense.api.system", "status", "", "pfSense answers 503"),
    part("pfsense-cpu", "pfsense.api.system", "cpu", "", "pfSense is at 97 % of its CPU"),
    part("pfsense-memory", "pfsense.api.system", "memory", "", "pfSense is at 95 % of its memory"),
    part("pfsense-disk", "pfsense.api.system", "disk", "", "pfSense is at 93 % of its disk"),
    part("onboarding", "funnel.stuck.onboarding", "not-stuck", "", "an onboarding ticket has not moved for 30 hours"),
    part(
        "tickets-table",
        "funnel.stuck.onboarding",
        "tickets",
        "",
        "the Desk's database has lost the table of tickets",
    ),
    part(
        "webhook-gap",
        "integration.webhook.gap",
        "no-gap",
        "",
        "a webhook sent 20 minutes ago never reached the Desk",
    ),
    part("webhook-outbox", "integration.webhook.gap", "outbox-status", "", "the outbox of webhooks answers 404"),
    part("outbox-hang", "integration.webhook.gap", "outbox", "", "the outbox of webhooks never answers"),
    part(
        "webhooks-table",
        "integration.webhook.gap",
        "received",
        "",
        "the Desk's database has lost the table of received webhooks",
    ),
    part("vm-112", "proxmox.cluster", "vm-running", "112", "VM 112 is stopped"),
    part("vm-122", "proxmox.cluster", "vm-running", "122", "VM 122 is stopped"),
    part("vm-123", "proxmox.cluster", "vm-running", "123", "VM 123 is stopped"),
    part("vm-104", "proxmox.cluster", "vm-running", "104", "VM 104 is stopped"),
    part("quorum", "proxmox.cluster", "quorum", "", "the Proxmox cluster has lost its quorum"),
    part("proxmox-down", "proxmox.cluster", "vms", "", "Proxmox refuses connections"),
    part(
        "proxmox-rights",
        "proxmox.cluster",
        "blind",
        "",
        "the Proxmox token has lost its rights: no machine is listed",
    ),
    part("proxmox-vms", "proxmox.cluster", "vms-status", "", "Proxmox answers 500 to the list of machines"),
    part("proxmox-cluster", "proxmox.cluster", "cluster-status", "", "Proxmox answers 500 to the state of the cluster"),
    part("cluster-hang", "proxmox.cluster", "cluster", "", "Proxmox lists machines, but never answers of the cluster"),
    part("ollama-down", "ollama.vm123.health", "tags", "", "Ollama refuses connections"),
    part("ollama-status", "ollama.vm123.health", "status", "", "Ollama answers 500"),
    part(
        "ollama-llm",
        "ollama.vm123.health",
        "model",
        "qwen2.5:7b-instruct",
        "Ollama has lost the model qwen2.5:7b-instruct",
    ),
    part(
        "ollama-model",
        "ollama.vm123.health",
        "model",
        "nomic-embed-text",
        "Ollama has lost the model nomic-embed-text",
    ),
    part("foss-down", "vm123.finance.stack", "foss", "", "FOSSBilling refuses connections"),
    part("foss", "vm123.finance.stack", "foss-status", "", "FOSSBilling answers 500"),
    part("odoo-down", "vm123.finance.stack", "odoo", "", "Odoo refuses connections"),
    part("odoo", "vm123.finance.stack", "odoo-status", "", "Odoo answers 500"),
    part("odoo-health", "vm123.finance.stack", "odoo-pass", "", "Odoo answers 200 and says that it does not pass"),
    part(
        "bridge-hang",
        "vm123.openpanel.bridge",
        "bridge",
        "",
        "the OpenPanel bridge takes connections and never answers",
    ),
    part(
        "bridge-reset",
        "vm123.openpanel.bridge",
        "bridge",
        "",
        "the OpenPanel bridge closes connections without an answer",
    ),
    part("bridge", "vm123.openpanel.bridge", "status", "", "the OpenPanel bridge answers 502"),
];

/// The mail server takes connections no longer.
pub const MAIL_DOWN: &str = "mail-down";
/// The mail server says nothing.
pub const MAIL_HANG: &str = "mail-hang";
/// The mail server refuses recipients for good.
pub const MAIL_REFUSE: &str = "mail-refuse";
/// The mail server refuses recipients for now.
pub const MAIL_BUSY: &str = "mail-busy";
/// The mail server keeps a message and closes the connection before it says so.
pub const MAIL_DROP: &str = "mail-drop";

/// The parts of the mail server.
pub const MAIL_PARTS: &[MailPart] = &[
    MailPart { name: MAIL_DOWN, what: "the mail server refuses connections" },
    MailPart { name: MAIL_HANG, what: "the mail server takes connections and never answers" },
    MailPart { name: MAIL_REFUSE, what: "the mail server answers 550 to every recipient" },
    MailPart { name: MAIL_BUSY, what: "the mail server answers 451 to every recipient" },
    MailPart { name: MAIL_DROP, what: "the mail server keeps each mail and closes the connection without an answer" },
];

/// Every part: its name, the Scenario that detects it, and the effect of breaking it.
pub fn all() -> impl Iterator<Item = (&'static str, Option<&'static str>, &'static str)> {
    let watched = PARTS.iter().map(|part| (part.name, Some(part.scenario), part.what));
    watched.chain(MAIL_PARTS.iter().map(|part| (part.name, None, part.what)))
}
