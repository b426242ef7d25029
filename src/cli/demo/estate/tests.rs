use super::*;
use serde_json::Value;

pub async fn estate() -> (Estate, PathBuf) {
    let dir = std::env::temp_dir().join(format!("agentic-ops-estate-{}", uuid::Uuid::new_v4()));
    let estate = Estate::start(&dir, SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    (estate, dir)
}

async fn get(url: &str) -> reqwest::Result<(u16, Value)> {
    let client = reqwest::Client::builder().pool_max_idle_per_host(0).no_proxy().build()?;
    let response = client
        .get(url)
        .header("x-api-key", answers::PFSENSE_KEY)
        .header("authorization", format!("PVEAPIToken={}", answers::PROXMOX_TOKEN))
        .send()
        .await?;
    let status = response.status().as_u16();
    Ok((status, serde_json::from_str(&response.text().await?).unwrap_or_default()))
}

#[tokio::test]
async fn a_part_that_is_down_refuses_and_comes_back_on_the_same_port() {
    let (estate, dir) = estate().await;
    let url = format!("{}/health", estate.settings()["DESK_API_URL"]);
    assert_eq!(get(&url).await.unwrap().0, 200);
    estate.break_part("desk-down").unwrap();
    let refused = tokio::time::timeout(std::time::Duration::from_secs(10), async {
        while get(&url).await.is_ok() {
            tokio::task::yield_now().await;
        }
    });
    refused.await.unwrap();
    estate.heal_part("desk-down").unwrap();
    let back = tokio::time::timeout(std::time::Duration::from_secs(10), async {
        while get(&url).await.is_err() {
            tokio::task::yield_now().await;
        }
    });
    back.await.unwrap();
    estate.shutdown().await;
    let _ = std::fs::remove_dir_all(dir);
}

#[tokio::test]
async fn products_answer_in_their_shapes() {
    let (estate, dir) = estate().await;
    let settings = estate.settings();
    let of = |name: &str, path: &str| format!("{}{path}", settings[name]);
    let (status, body) = get(&of("PROXMOX_API_URL", "/api2/json/cluster/resources?type=vm")).await.unwrap();
    assert_eq!((status, &body["data"][0]["vmid"], &body["data"][0]["status"]), (200, &112.into(), &"running".into()));
    estate.break_part("vm-112").unwrap();
    let (_, body) = get(&of("PROXMOX_API_URL", "/api2/json/cluster/resources?type=vm")).await.unwrap();
    assert_eq!(body["data"][0]["status"], "stopped");
    let (_, body) = get(&of("PFSENSE_API_URL", "/api/v2/status/system")).await.unwrap();
    assert!(body["data"]["disk_usage"].as_f64().unwrap() < 90.0);
    let (_, body) = get(&of("WIZARD_API_URL", "/api/v1/webhooks/outbox")).await.unwrap();
    assert!(body["last_id"].as_str().unwrap().starts_with("evt-"));
    assert!(estate.break_part("nothing").is_err());
    estate.shutdown().await;
    let _ = std::fs::remove_dir_all(dir);
}

#[test]
fn no_setting_is_left_that_points_elsewhere() {
    let tokio = tokio::runtime::Runtime::new().unwrap();
    let (estate, dir) = tokio.block_on(estate());
    let settings = crate::cli::settings::Settings::load(&BTreeMap::new(), None, &estate.settings()).unwrap();
    for (name, value) in settings.config_map() {
        assert!(!value.contains("10.10.10."), "{name}={value}");
        let elsewhere = value.starts_with("http") && !value.contains("://127.0.0.1");
        assert!(!elsewhere, "{name}={value}");
    }
    tokio.block_on(estate.shutdown());
    let _ = std::fs::remove_dir_all(dir);
}
