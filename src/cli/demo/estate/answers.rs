//! Responses of the simulated products, as documented by their vendors.

use super::broken::Broken;
use super::desk_db::Outbox;
use axum::http::{HeaderMap, Uri};
use jiff::Timestamp;
use serde_json::{Value, json};

/// API key that the simulated pfSense accepts.
pub const PFSENSE_KEY: &str = "demo-pfsense-key-3f9c2a71";
/// API token that the simulated Proxmox accepts.
pub const PROXMOX_TOKEN: &str = "agentic@pve!watch=5b2e9c1e-7d1f-4a8e-9f06-2c41d7a0b6e3";

/// Models of the simulated Ollama: the defaults of the settings. Ollama adds `:latest` to a name without a tag.
const LLM: &str = "qwen2.5:7b-instruct";
const EMBED: &str = "nomic-embed-text:latest";

/// An HTTP response.
pub struct Answer {
    pub status: u16,
    pub media_type: &'static str,
    pub body: String,
}

/// What a service does with a request.
pub enum Act {
    Answer(Answer),
    /// Sends nothing while this part is broken, then closes the connection.
    Hang(&'static str),
    /// Closes the connection.
    Reset,
}

fn json_of(status: u16, body: Value) -> Act {
    Act::Answer(Answer { status, media_type: "application/json", body: body.to_string() })
}

fn html(status: u16, title: &str) -> Act {
    let body = format!(
        "<!DOCTYPE html>\n<html lang=\"pt-br\"><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n"
    );
    Act::Answer(Answer { status, media_type: "text/html; charset=utf-8", body })
}

fn text(status: u16, body: &str) -> Act {
    Act::Answer(Answer { status, media_type: "text/plain; charset=utf-8", body: body.to_string() })
}

/// The reaction of a service to a request.
pub fn answer(service: &str, uri: &Uri, headers: &HeaderMap, broken: &Broken, outbox: &Outbox) -> Act {
    match (service, uri.path()) {
        ("desk", "/health") => desk(broken),
        ("wizard-api", "/health") if broken.has("wizard-api") => text(500, "Internal Server Error"),
        ("wizard-api", "/health") => json_of(200, json!({"status": "ok", "service": "wizard", "version": "2.8.1"})),
        ("wizard-api", "/api/v1/webhooks/outbox") => wizard_outbox(broken, outbox),
        ("wizard-portal", "/") if broken.has("wizard-portal") => html(502, "502 Bad Gateway"),
        ("wizard-portal", "/") if broken.has("wizard-html") => text(200, "ok"),
        ("wizard-portal", "/") => html(200, "Contrate sua hospedagem"),
        ("pfsense", "/api/v2/status/system") => pfsense(headers, broken),
        ("proxmox", _) => proxmox(uri, headers, broken),
        ("ollama", "/api/tags") => ollama(broken),
        ("ollama", "/api/version") => json_of(200, json!({"version": "0.6.8"})),
        ("ollama", "/") => text(200, "Ollama is running"),
        ("foss", "/") if broken.has("foss") => html(500, "FOSSBilling: Error"),
        ("foss", "/") => html(200, "FOSSBilling"),
        ("odoo", "/web/health") => odoo(broken),
        ("bridge", "/health") if broken.has("bridge-hang") => Act::Hang("bridge-hang"),
        ("bridge", "/health") if broken.has("bridge-reset") => Act::Reset,
        ("bridge", "/health") if broken.has("bridge") => text(502, "Bad Gateway"),
        ("bridge", "/health") => json_of(200, json!({"status": "ok", "openpanel": "1.4.2"})),
        _ => json_of(404, json!({"detail": "Not Found"})),
    }
}

fn desk(broken: &Broken) -> Act {
    if broken.has("desk-status") {
        return json_of(503, json!({"detail": "database is locked"}));
    }
    let status = if broken.has("desk-body") { "degraded" } else { "ok" };
    json_of(200, json!({"status": status, "service": "desk", "database": status, "version": "5.3.0"}))
}

fn wizard_outbox(broken: &Broken, outbox: &Outbox) -> Act {
    if broken.has("outbox-hang") {
        return Act::Hang("outbox-hang");
    }
    if broken.has("webhook-outbox") {
        return json_of(404, json!({"detail": "Not Found"}));
    }
    if broken.has("webhook-gap") {
        let sent = Timestamp::now() - jiff::SignedDuration::from_mins(20);
        return json_of(200, json!({"last_id": "evt-lost-0001", "last_sent_at": sent.to_string()}));
    }
    let (id, at) = outbox.last();
    json_of(200, json!({"last_id": id, "last_sent_at": at.to_string()}))
}

fn pfsense(headers: &HeaderMap, broken: &Broken) -> Act {
    if broken.has("pfsense-hang") {
        return Act::Hang("pfsense-hang");
    }
    let key = headers.get("x-api-key").and_then(|v| v.to_str().ok()).unwrap_or_default();
    if key != PFSENSE_KEY || broken.has("pfsense-key") {
        let body = json!({"code": 401, "status": "unauthorized", "response_id": "AUTH_AUTHENTICATION_FAILED",
            "message": "Authentication failed.", "data": []});
        return json_of(401, body);
    }
    if broken.has("pfsense-error") {
        let body = json!({"code": 503, "status": "service unavailable", "response_id": "API_DISABLED",
            "message": "The API is currently disabled.", "data": []});
        return json_of(503, body);
    }
    let data = json!({
        "platform": "Netgate pfSense Plus", "serial": "1C9A2F00", "netgate_id": "4c1f8a7be3", "uptime": "41 Days 03 Hours 12 Minutes 55 Seconds",
        "bios_vendor": "American Megatrends", "bios_version": "5.19", "bios_date": "11/12/2021",
        "cpu_model": "Intel(R) Atom(TM) CPU C3558", "kernel_pti": true, "mds_mitigation": "inactive",
        "temp_c": 47.0, "temp_f": 116.6,
        "cpu_usage": if broken.has("pfsense-cpu") { json!(97) } else { json!(12.4) },
        "cpu_load_avg": [0.41, 0.38, 0.35], "cpu_count": 4,
        "mbuf_usage": 1.9,
        "mem_usage": if broken.has("pfsense-memory") { json!(95.2) } else { json!(34) },
        "swap_usage": 0,
        "disk_usage": if broken.has("pfsense-disk") { json!(93) } else { json!(21) },
    });
    json_of(200, json!({"code": 200, "status": "ok", "response_id": "SUCCESS", "message": "", "data": data}))
}

fn proxmox(uri: &Uri, headers: &HeaderMap, broken: &Broken) -> Act {
    let given = headers.get("authorization").and_then(|v| v.to_str().ok()).unwrap_or_default();
    if given != format!("PVEAPIToken={PROXMOX_TOKEN}") {
        return json_of(401, json!({"data": null, "message": "invalid token value!\n"}));
    }
    match uri.path() {
        "/api2/json/version" => {
            json_of(200, json!({"data": {"version": "8.4.1", "release": "8.4", "repoid": "2a5fa54a8503f96d"}}))
        }
        "/api2/json/cluster/resources" if broken.has("proxmox-vms") => json_of(500, json!({"data": null})),
        // Proxmox leaves out what a token may not audit, without an error.
        "/api2/json/cluster/resources" if broken.has("proxmox-rights") => json_of(200, json!({"data": []})),
        "/api2/json/cluster/resources" => json_of(200, json!({"data": resources(uri.query(), broken)})),
        "/api2/json/cluster/status" if broken.has("cluster-hang") => Act::Hang("cluster-hang"),
        "/api2/json/cluster/status" if broken.has("proxmox-cluster") => json_of(500, json!({"data": null})),
        "/api2/json/cluster/status" if broken.has("proxmox-rights") => {
            json_of(403, json!({"data": null, "message": "Permission check failed (/, Sys.Audit)\n"}))
        }
        "/api2/json/cluster/status" => json_of(200, json!({"data": cluster_status(broken)})),
        _ => json_of(501, json!({"data": null, "message": "Method 'GET' not implemented\n"})),
    }
}

/// Resources of all types, or of the requested `type`: `vm` includes qemu and lxc.
fn resources(query: Option<&str>, broken: &Broken) -> Vec<Value> {
    let requested = query.unwrap_or_default().split('&').find_map(|pair| pair.strip_prefix("type="));
    let mut list = Vec::new();
    if matches!(requested, None | Some("vm")) {
        let vms = [(112, "wizard"), (122, "desk"), (123, "finance"), (104, "mail")];
        list.extend(vms.iter().map(|(id, name)| machine(*id, name, broken)));
        // Stopped, and not critical: another machine, and a template.
        list.push(idle("lxc", 131, "staging", 0));
        list.push(idle("qemu", 9000, "debian-12-template", 1));
    }
    if matches!(requested, None | Some("node")) {
        list.extend((1..=3).map(|id| {
            let online = id == 1 || !broken.has("quorum");
            json!({"id": format!("node/pve{id}"), "type": "node", "node": format!("pve{id}"),
                "status": if online { "online" } else { "offline" }, "level": "", "maxcpu": 16, "cpu": 0.0871,
                "mem": 41_231_686_041_i64, "maxmem": 134_991_183_872_i64, "disk": 21_474_836_480_i64,
                "maxdisk": 100_861_726_720_i64, "uptime": 7_402_113, "cgroup-mode": 2})
        }));
    }
    list
}

fn cluster_status(broken: &Broken) -> Value {
    let quorate = i32::from(!broken.has("quorum"));
    let node = |id: i32, online: i32| {
        json!({"type": "node", "id": format!("node/pve{id}"), "name": format!("pve{id}"), "nodeid": id,
            "ip": "127.0.0.1", "online": online, "local": i32::from(id == 1), "level": ""})
    };
    json!([
        {"type": "cluster", "id": "cluster", "name": "ligbox", "nodes": 3, "quorate": quorate, "version": 7},
        node(1, 1), node(2, quorate), node(3, quorate),
    ])
}

fn machine(id: i64, name: &str, broken: &Broken) -> Value {
    if broken.has(&format!("vm-{id}")) {
        return idle("qemu", id, name, 0);
    }
    json!({
        "id": format!("qemu/{id}"), "type": "qemu", "vmid": id, "name": name, "node": "pve1", "template": 0,
        "status": "running", "uptime": 3_550_213, "cpu": 0.0312, "maxcpu": 4,
        "mem": 3_221_225_472_i64, "maxmem": 8_589_934_592_i64, "disk": 0, "maxdisk": 68_719_476_736_i64,
        "diskread": 1_203_441_664, "diskwrite": 9_871_322_112_i64, "netin": 88_712_334, "netout": 99_123_441,
    })
}

fn idle(kind: &str, id: i64, name: &str, template: i32) -> Value {
    json!({
        "id": format!("{kind}/{id}"), "type": kind, "vmid": id, "name": name, "node": "pve1", "template": template,
        "status": "stopped", "uptime": 0, "cpu": 0, "maxcpu": 4, "mem": 0, "maxmem": 8_589_934_592_i64,
        "disk": 0, "maxdisk": 68_719_476_736_i64, "diskread": 0, "diskwrite": 0, "netin": 0, "netout": 0,
    })
}

fn ollama(broken: &Broken) -> Act {
    if broken.has("ollama-status") {
        return json_of(500, json!({"error": "llama runner process has terminated"}));
    }
    let models = [
        (
            "ollama-llm",
            LLM,
            "845dbda0ea48ed749caafd9e6037047aa19acfcfd82e704d7ca97d631a0b697e",
            4_683_087_332_i64,
            json!({"parent_model": "", "format": "gguf", "family": "qwen2", "families": ["qwen2"],
                "parameter_size": "7.6B", "quantization_level": "Q4_K_M"}),
        ),
        (
            "ollama-model",
            EMBED,
            "0a109f422b47e3a30ba2b10eca18548e944e8a23073ee3f3e947efcf3c45e59f",
            274_302_450,
            json!({"parent_model": "", "format": "gguf", "family": "nomic-bert", "families": ["nomic-bert"],
                "parameter_size": "137M", "quantization_level": "F16"}),
        ),
    ];
    let models: Vec<Value> = models
        .into_iter()
        .filter(|(part, ..)| !broken.has(part))
        .map(|(_, name, digest, size, details)| {
            json!({"name": name, "model": name, "modified_at": "2026-10-02T11:41:07.512893441-03:00", "size": size,
                "digest": digest, "details": details})
        })
        .collect();
    json_of(200, json!({"models": models}))
}

fn odoo(broken: &Broken) -> Act {
    if broken.has("odoo") {
        return json_of(500, json!({"status": "fail"}));
    }
    json_of(200, json!({"status": if broken.has("odoo-health") { "fail" } else { "pass" }}))
}
