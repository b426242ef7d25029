use super::*;
use reqwest::{Client, RequestBuilder};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const TIMEOUT: Duration = Duration::from_secs(10);

pub async fn estate() -> (Estate, PathBuf) {
    let dir = std::env::temp_dir().join(format!("agentic-ops-estate-{}", uuid::Uuid::new_v4()));
    let estate = Estate::start(&dir, SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    (estate, dir)
}

pub async fn end(estate: Estate, dir: PathBuf) {
    estate.shutdown().await;
    let _ = std::fs::remove_dir_all(dir);
}

pub fn client() -> Client {
    Client::builder().pool_max_idle_per_host(0).no_proxy().build().unwrap()
}

pub async fn send(request: RequestBuilder) -> reqwest::Result<(u16, String)> {
    let response = request.send().await?;
    Ok((response.status().as_u16(), response.text().await?))
}

/// The address in the URL of a service.
pub fn address_of(url: &str) -> Option<&str> {
    url.strip_prefix("http://").or_else(|| url.strip_prefix("smtp://")?.strip_suffix("?tls=none"))
}

/// Posts to a path of the control API.
pub async fn post_to(control: &str, path: &str) -> (u16, String) {
    send(client().post(format!("{control}{path}"))).await.unwrap()
}

/// Sends the credentials of pfSense and Proxmox. A body that is not JSON is null.
async fn get(url: &str) -> reqwest::Result<(u16, Value)> {
    let token = format!("PVEAPIToken={}", answers::PROXMOX_TOKEN);
    let request = client().get(url).header("x-api-key", answers::PFSENSE_KEY).header("authorization", token);
    let (status, body) = send(request).await?;
    Ok((status, serde_json::from_str(&body).unwrap_or_default()))
}

pub async fn until(what: &str, done: impl AsyncFn() -> bool) {
    let polled = async {
        while !done().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(TIMEOUT, polled).await.unwrap_or_else(|_| panic!("timed out waiting until {what}"));
}

/// A connection with a request that was sent.
async fn asking(url: &str, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).await.unwrap();
    stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").as_bytes()).await.unwrap();
    stream
}

/// Whether the peer closes the connection without a response.
async fn is_closed(stream: &mut TcpStream) -> bool {
    matches!(tokio::time::timeout(TIMEOUT, stream.read(&mut [0; 1])).await.unwrap(), Ok(0) | Err(_))
}

#[tokio::test]
async fn a_part_that_is_down_refuses_and_comes_back_on_the_same_port() {
    let (estate, dir) = estate().await;
    let settings = estate.settings();
    let services = [
        ("desk-down", "DESK_API_URL", "/health"),
        ("wizard-down", "WIZARD_API_URL", "/health"),
        ("portal-down", "WIZARD_PORTAL_URL", "/"),
        ("pfsense-down", "PFSENSE_API_URL", "/api/v2/status/system"),
        ("proxmox-down", "PROXMOX_API_URL", "/api2/json/version"),
        ("ollama-down", "OLLAMA_BASE_URL", "/api/version"),
        ("foss-down", "FOSS_URL", "/"),
        ("odoo-down", "ODOO_URL", "/web/health"),
    ];
    for (part, setting, path) in services {
        let url = format!("{}{path}", settings[setting]);
        assert_eq!(get(&url).await.unwrap().0, 200, "{part}");
        // A connection that is open must be closed too.
        let mut held = asking(&settings[setting], "/").await;
        assert!(!is_closed(&mut held).await);
        estate.break_part(part).unwrap();
        let address = settings[setting].strip_prefix("http://").unwrap();
        until("it refuses", async || {
            let error = TcpStream::connect(address).await.err();
            error.is_some_and(|e| e.kind() == std::io::ErrorKind::ConnectionRefused)
        })
        .await;
        let drained = tokio::time::timeout(TIMEOUT, held.read_to_end(&mut Vec::new())).await;
        assert!(drained.is_ok(), "{part}: a connection outlives its service");
        estate.heal_part(part).unwrap();
        until("it is back", async || get(&url).await.is_ok_and(|(status, _)| status == 200)).await;
    }
    end(estate, dir).await;
}

#[tokio::test]
async fn a_part_that_breaks_does_not_affect_connections_of_the_others() {
    let (estate, dir) = estate().await;
    let settings = estate.settings();
    estate.break_part("bridge-hang").unwrap();
    let mut hanging = asking(&settings["OPENPANEL_BRIDGE_URL"], "/health").await;
    // The request arrives before the responses of the other services.
    for part in ["desk-down", "vm-112", "pfsense-cpu"] {
        estate.break_part(part).unwrap();
        assert_eq!(get(&format!("{}/web/health", settings["ODOO_URL"])).await.unwrap().0, 200);
    }
    let nothing = tokio::time::timeout(Duration::from_millis(100), hanging.read(&mut [0; 1])).await;
    assert!(nothing.is_err(), "the connection was cut or answered: {nothing:?}");
    estate.heal_part("bridge-hang").unwrap();
    assert!(is_closed(&mut hanging).await);
    end(estate, dir).await;
}

#[tokio::test]
async fn proxmox_responds_as_documented() {
    let (estate, dir) = estate().await;
    let base = estate.settings()["PROXMOX_API_URL"].clone();
    let vms = format!("{base}/api2/json/cluster/resources?type=vm");
    let (status, body) = get(&vms).await.unwrap();
    assert_eq!((status, &body["data"][0]["vmid"], &body["data"][0]["status"]), (200, &112.into(), &"running".into()));
    assert!(body["data"][0]["vmid"].is_i64() && body["data"][0]["cpu"].is_f64());
    assert!(body["data"].as_array().unwrap().iter().all(|r| r["type"] == "qemu" || r["type"] == "lxc"));
    let (_, all) = get(&format!("{base}/api2/json/cluster/resources")).await.unwrap();
    assert!(all["data"].as_array().unwrap().iter().any(|r| r["type"] == "node"));
    estate.break_part("vm-112").unwrap();
    assert_eq!(get(&vms).await.unwrap().1["data"][0]["status"], "stopped");
    let cluster = format!("{base}/api2/json/cluster/status");
    assert_eq!(get(&cluster).await.unwrap().1["data"][0]["quorate"], 1);
    estate.break_part("quorum").unwrap();
    assert_eq!(get(&cluster).await.unwrap().1["data"][0]["quorate"], 0);
    // A token without permissions: an empty list, and no permission to read the cluster status.
    estate.break_part("proxmox-rights").unwrap();
    assert_eq!(get(&vms).await.unwrap(), (200, serde_json::json!({"data": []})));
    assert_eq!(get(&cluster).await.unwrap().0, 403);
    let wrong = client().get(&vms).header("authorization", "PVEAPIToken=agentic@pve!watch=wrong");
    assert_eq!(send(wrong).await.unwrap().0, 401);
    assert_eq!(send(client().get(&vms)).await.unwrap().0, 401);
    end(estate, dir).await;
}

#[tokio::test]
async fn pfsense_responds_as_documented() {
    let (estate, dir) = estate().await;
    let url = format!("{}/api/v2/status/system", estate.settings()["PFSENSE_API_URL"]);
    let (status, body) = get(&url).await.unwrap();
    assert_eq!((status, &body["code"], &body["response_id"]), (200, &200.into(), &"SUCCESS".into()));
    for (part, field) in [("pfsense-cpu", "cpu_usage"), ("pfsense-memory", "mem_usage"), ("pfsense-disk", "disk_usage")]
    {
        assert!(body["data"][field].as_f64().unwrap() < 90.0);
        estate.break_part(part).unwrap();
        assert!(get(&url).await.unwrap().1["data"][field].as_f64().unwrap() >= 90.0);
    }
    let (status, body) = send(client().get(&url).header("x-api-key", "wrong")).await.unwrap();
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, &body["code"], &body["status"]), (401, &401.into(), &"unauthorized".into()));
    end(estate, dir).await;
}

#[tokio::test]
async fn the_other_services_respond_as_documented() {
    let (estate, dir) = estate().await;
    let settings = estate.settings();
    let of = |name: &str, path: &str| format!("{}{path}", settings[name]);
    let (_, tags) = get(&of("OLLAMA_BASE_URL", "/api/tags")).await.unwrap();
    let names: Vec<_> = tags["models"].as_array().unwrap().iter().map(|m| m["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["qwen2.5:7b-instruct", "nomic-embed-text:latest"]);
    assert!(tags["models"][0]["digest"].as_str().unwrap().len() == 64 && tags["models"][0]["size"].is_i64());
    let (status, page) = send(client().get(of("FOSS_URL", "/"))).await.unwrap();
    assert!(status == 200 && page.contains("<html"));
    let odoo = of("ODOO_URL", "/web/health");
    assert_eq!(get(&odoo).await.unwrap(), (200, serde_json::json!({"status": "pass"})));
    estate.break_part("odoo").unwrap();
    assert_eq!(get(&odoo).await.unwrap(), (500, serde_json::json!({"status": "fail"})));
    let desk = of("DESK_API_URL", "/health");
    assert_eq!(get(&desk).await.unwrap().1["status"], "ok");
    estate.break_part("desk-body").unwrap();
    let (status, body) = get(&desk).await.unwrap();
    assert_eq!((status, &body["status"]), (200, &"degraded".into()));
    end(estate, dir).await;
}

#[tokio::test]
async fn the_outbox_and_the_desk_move_together() {
    let (estate, dir) = estate().await;
    let settings = estate.settings();
    let url = format!("{}/api/v1/webhooks/outbox", settings["WIZARD_API_URL"]);
    let received = |id: &str| {
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
        let desk = rusqlite::Connection::open_with_flags(&settings["DESK_DB_PATH"], flags).unwrap();
        let count = "SELECT count(*) FROM webhook_events WHERE source = 'vm112' AND source_event_id = ?1";
        desk.query_row(count, [id], |row| row.get::<_, i64>(0)).unwrap() > 0
    };
    let last = async || get(&url).await.unwrap().1["last_id"].as_str().unwrap().to_string();
    let first = last().await;
    assert!(received(&first));
    until("another webhook is sent", async || last().await != first).await;
    // Written to the Desk before it is in the outbox.
    assert!(received(&last().await));
    estate.break_part("webhook-gap").unwrap();
    let (_, outbox) = get(&url).await.unwrap();
    assert!(!received(outbox["last_id"].as_str().unwrap()));
    let sent: jiff::Timestamp = outbox["last_sent_at"].as_str().unwrap().parse().unwrap();
    assert!(jiff::Timestamp::now().duration_since(sent).as_mins() >= 20);
    end(estate, dir).await;
}

#[tokio::test]
async fn one_command_breaks_and_one_repairs_a_part() {
    let (estate, dir) = estate().await;
    let control = format!("http://{}", estate.control_address());
    let post = |path: &'static str| post_to(&control, path);
    let broken =
        || -> Vec<_> { estate.parts().into_iter().filter(|p| p.state == PartState::Broken).map(|p| p.name).collect() };
    let (status, line) = post("/break/vm-112").await;
    assert_eq!((status, line.as_str()), (200, "broken: vm-112: VM 112 is stopped\n"));
    post("/break/quorum").await;
    assert_eq!(broken(), ["vm-112", "quorum"]);
    let (_, table) = send(client().get(&control)).await.unwrap();
    let row = table.lines().find(|l| l.starts_with("vm-112 ")).unwrap();
    assert!(row.contains("BROKEN") && row.contains("proxmox.cluster"), "{row}");
    assert!(table.contains(&format!("curl -X POST {control}/break/PART")), "{table}");
    assert_eq!(post("/heal/vm-112").await, (200, "healed: vm-112\n".to_string()));
    assert_eq!(broken(), ["quorum"]);
    assert_eq!(post("/heal").await.0, 200);
    assert_eq!(broken(), [""; 0]);
    let (status, line) = post("/break/no%20such").await;
    assert!(status == 404 && line.contains("\"no such\"") && line.contains("bridge-hang"), "{line}");
    assert!(estate.break_part("nothing").is_err() && estate.heal_part("nothing").is_err());
    end(estate, dir).await;
}

#[tokio::test]
async fn shutdown_frees_every_port_even_with_slow_clients() {
    let (estate, dir) = estate().await;
    let control = estate.control_address();
    let urls: Vec<_> =
        estate.settings().into_iter().filter(|(n, _)| n != "NTFY_BASE_URL").map(|(_, url)| url).collect();
    let mut addresses: Vec<_> = urls.iter().filter_map(|url| address_of(url)).map(String::from).collect();
    // The mail server, too.
    assert_eq!(addresses.len(), http::SERVICES.len() + 1);
    addresses.push(control.to_string());
    // An incomplete request on each.
    let mut slow = Vec::new();
    for address in &addresses {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET / HT").await.unwrap();
        slow.push(stream);
    }
    tokio::time::timeout(TIMEOUT, estate.shutdown()).await.unwrap();
    for address in addresses {
        until("the port is free", async || TcpStream::connect(&address).await.is_err()).await;
    }
    let _ = std::fs::remove_dir_all(dir);
}

#[test]
fn no_setting_refers_to_another_machine() {
    let tokio = tokio::runtime::Runtime::new().unwrap();
    let (estate, dir) = tokio.block_on(estate());
    let settings = crate::cli::settings::Settings::load(&BTreeMap::new(), None, &estate.settings()).unwrap();
    for (name, value) in settings.config_map().into_iter().chain(settings.secret()) {
        assert!(!value.contains("10.10.10."), "{name}={value}");
        let elsewhere = value.contains("://") && !value.contains("://127.0.0.1");
        assert!(!elsewhere, "{name}={value}");
    }
    tokio.block_on(end(estate, dir));
}

/// `standalone` warns of a data directory that others can read; the estate makes it first.
#[tokio::test]
async fn only_its_owner_reads_the_directory() {
    use std::os::unix::fs::PermissionsExt as _;
    let (estate, dir) = estate().await;
    for path in [dir.clone(), dir.join("estate")] {
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700, "{}", path.display());
    }
    end(estate, dir).await;
}
