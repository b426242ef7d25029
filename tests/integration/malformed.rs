//! Each Scenario that is invalid or has an error reports it, and other Scenarios are not affected.

use super::running::start;
use crate::kit::api::get;
use crate::kit::scratch::Scratch;
use crate::kit::wait::eventually;
use agentic_ops::api::conditions::{HEALTHY, READY, find};
use agentic_ops::api::{Health, Scenario};
use std::io::Write as _;
use std::net::TcpListener;

/// Starts a server that sends this response to every request, or 64 MiB for `None`.
pub fn serve(answer: Option<String>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let answer = answer.clone();
            std::thread::spawn(move || {
                let mut stream = stream.unwrap();
                let mut buffer = [0; 4096];
                let _ = std::io::Read::read(&mut stream, &mut buffer);
                match answer {
                    Some(answer) => drop(stream.write_all(answer.as_bytes())),
                    None => {
                        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", 64 << 20);
                        let mut sent = stream.write_all(head.as_bytes());
                        for _ in 0..1024 {
                            sent = sent.and_then(|()| stream.write_all(&[b'x'; 64 << 10]));
                        }
                    }
                }
            });
        }
    });
    url
}

fn scenario(name: &str, rest: &str) -> String {
    format!(
        "---\napiVersion: agentic.ligbox.io/v1alpha1\nkind: Scenario\nmetadata: {{name: {name}}}\nspec:\n  title: {name}\n  agent: pulso\n  severity: low\n{rest}"
    )
}

/// How a Scenario reports its error.
enum Reported {
    /// In the condition Ready, with this message.
    NotReady(&'static str),
    /// In the condition Healthy, with this message.
    Unknown(&'static str),
    /// With a Finding of this check, with this message.
    Fails(&'static str, &'static str),
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_error_is_reported_and_others_are_not_affected() {
    use Reported::{Fails, NotReady, Unknown};
    let scratch = Scratch::new("malformed-registry");
    let registry = scratch.0.join("registry.yaml");
    let (big, fine) = (serve(None), serve(Some("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok".into())));
    let looping = serve(Some("HTTP/1.1 302 Found\r\nlocation: /again\r\ncontent-length: 0\r\n\r\n".into()));
    let http = |url: &str| format!("  probes: [{{name: web, http: {{url: \"{url}\"}}}}]\n");
    let check = |expect: &str| format!("{}  checks: [{{name: c, expect: '{expect}'}}]\n", http(&fine));
    let secret = |name: &str, key: &str| {
        format!(
            "  probes: [{{name: web, http: {{url: \"{fine}\", headers: [{{name: X, secretKeyRef: {{name: {name}, key: {key}}}}}]}}}}]\n"
        )
    };
    let sql = |path: &str, query: &str| {
        format!("  probes: [{{name: db, sqlite: {{path: \"{path}\", query: \"{query}\"}}}}]\n")
    };
    let cases = [
        (
            "duration",
            format!("  interval: 90000s\n{}", http(&fine)),
            NotReady("spec.interval: \"90000s\" não está entre 1s e 24h"),
        ),
        ("cel", check("probes.web.status =="), NotReady("spec.checks[0].expect: o CEL não compila")),
        ("probe", check("probes.nothing.ok"), NotReady("nenhuma sonda se chama \"nothing\"; existem: web")),
        ("not-boolean", check("probes.web.status"), NotReady("deve ser booleano, mas é int")),
        ("costly", check("[1].all(a, [1].all(b, [1].all(c, true)))"), NotReady("o custo pode passar do limite")),
        (
            "doubled",
            format!("{}  checks: [{{name: web, expect: 'true'}}]\n", http(&fine)),
            NotReady("já é o nome de spec.probes[0].name"),
        ),
        ("secret-refused", secret("agentic-ops", "SMTP_URL"), NotReady("não está liberada para as sondas")),
        (
            "secret-unlabelled",
            secret("unlabelled", "x"),
            NotReady("o Secret \"unlabelled\" não está liberado para as sondas: adicione a ele o label"),
        ),
        ("secret-missing", secret("nowhere", "x"), Unknown("o Secret nowhere não existe")),
        ("secret-bound", secret("bound", "x"), Unknown("a chave x do Secret bound não pode ser enviada a 127.0.0.1:")),
        ("unset", http("${NOT_SET}/x"), Unknown("a configuração NOT_SET não está definida")),
        ("sql-writes", sql("${DESK_DB_PATH}", "DELETE FROM tickets"), NotReady("spec.probes[0].sqlite.query")),
        ("sql-file", sql("/etc/passwd.db", "SELECT 1"), NotReady("não está liberado para as sondas")),
        ("circle-a", format!("  dependsOn: [circle-b]\n{}", http(&fine)), NotReady("dependência circular: ")),
        ("circle-b", format!("  dependsOn: [circle-a]\n{}", http(&fine)), NotReady("dependência circular: ")),
        ("big-body", http(&big), Fails("web", "respondeu mais do que o permitido")),
        ("redirects", http(&looping), Fails("web", "formam um ciclo")),
    ];
    let mut text = scenario("fine", &check("probes.web.status == 200"));
    for (name, rest, _) in &cases {
        text.push_str(&scenario(name, rest));
    }
    std::fs::write(&registry, text).unwrap();
    let running = start("malformed", &registry).await;
    let unlabelled = serde_json::json!({"metadata": {"name": "unlabelled"}, "stringData": {"x": "hunter22"}});
    let secrets = running.api::<k8s_openapi::api::core::v1::Secret>();
    secrets.create(&Default::default(), &serde_json::from_value(unlabelled).unwrap()).await.unwrap();
    let bound = serde_json::json!({"metadata": {
        "name": "bound",
        "labels": {"agentic.ligbox.io/probes": "allowed"},
        "annotations": {"agentic.ligbox.io/hosts": "x=shop.test:443"},
    }, "stringData": {"x": "hunter22"}});
    secrets.create(&Default::default(), &serde_json::from_value(bound).unwrap()).await.unwrap();
    let scenarios = running.api::<Scenario>();
    for (name, _, reported) in &cases {
        let (condition, wanted) = match reported {
            NotReady(text) => (READY, *text),
            Unknown(text) => (HEALTHY, *text),
            Fails(check, text) => {
                let finding = agentic_ops::domain::fingerprint::finding_name(name, check, "");
                let api = running.api::<agentic_ops::api::Finding>();
                let message = eventually(&format!("a Finding of {name}"), || async {
                    get(&api, &finding).await?.status?.message
                })
                .await;
                assert!(message.contains(text), "{name}: {message}");
                (HEALTHY, "ocorrências abertas: web")
            }
        };
        eventually(&format!("{condition} of {name}"), || async {
            let status = get(&scenarios, name).await?.status?;
            let condition = find(&status.conditions, condition)?;
            (condition.status != "True").then(|| condition.message.clone()).filter(|m| m.contains(wanted))
        })
        .await;
    }
    eventually("the valid Scenario to be healthy", || async {
        let health = get(&scenarios, "fine").await?.status?.health;
        (health == Some(Health::Healthy)).then_some(())
    })
    .await;
    running.stop().await;
}
