//! The pages as they are answered.

use super::Guest;
use crate::domain::texts::Language;
use crate::domain::texts::desk::Page;
use axum::body::to_bytes;
use axum::http::{HeaderMap, HeaderValue};
use percent_encoding::percent_decode_str;

async fn get(path: &str, accept_language: Option<&str>) -> (u16, HeaderMap, String) {
    let guest =
        Guest { url: "https://desk.example.org".into(), namespace: "ops".into(), language: Language::Portuguese };
    let mut asked = HeaderMap::new();
    if let Some(languages) = accept_language {
        asked.insert("accept-language", HeaderValue::from_str(languages).unwrap());
    }
    let name = |kind: &str| percent_decode_str(path.strip_prefix(kind).unwrap()).decode_utf8_lossy().into_owned();
    let response = match path {
        "/desk" | "/desk/" => guest.answer_in(&asked, Page::Start),
        "/desk/findings" => guest.answer_in(&asked, Page::Findings),
        "/desk/threads" => guest.answer_in(&asked, Page::Threads),
        _ if path.starts_with("/desk/findings/") => guest.answer_in(&asked, Page::Finding(&name("/desk/findings/"))),
        _ => guest.answer_in(&asked, Page::Thread(&name("/desk/threads/"))),
    };
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, headers, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn a_page_has_the_commands_for_its_name() {
    for (path, parts) in [
        (
            "/desk/findings/proxmox.cluster-0123456789",
            &[
                "<h1>Ocorrência proxmox.cluster-0123456789</h1>",
                "kubectl -n ops get finding proxmox.cluster-0123456789 -o yaml",
                "kubectl -n ops patch finding proxmox.cluster-0123456789 --type=merge -p '{&quot;spec&quot;:{&quot;acknowledgement&quot;:{&quot;by&quot;:&quot;SEU NOME&quot;",
                "Bearer $TOKEN&quot; 'https://desk.example.org/api/v1/agents/findings/proxmox.cluster-0123456789'",
                "'https://desk.example.org/api/v1/agents/findings/proxmox.cluster-0123456789/ack'",
            ][..],
        ),
        (
            "/desk/threads/proxmox.cluster-0123456789-t3nk2a",
            &[
                "kubectl -n ops get thread proxmox.cluster-0123456789-t3nk2a -o yaml",
                "--field-selector spec.thread=proxmox.cluster-0123456789-t3nk2a --sort-by=.status.sequence -o jsonpath='{range .items[*]}",
                "{.spec.body}",
                "'https://desk.example.org/api/v1/agents/threads/proxmox.cluster-0123456789-t3nk2a/messages' | jq -r",
                "-d '{&quot;body&quot;:&quot;o que fazer?&quot;}' 'https://desk.example.org/api/v1/agents/threads/proxmox.cluster-0123456789-t3nk2a/reply'",
            ],
        ),
        (
            "/desk/threads",
            &[
                "kubectl -n ops get threads -o wide",
                "'https://desk.example.org/api/v1/agents/threads'",
                "-d '{&quot;message&quot;:&quot;o que fazer?&quot;}' 'https://desk.example.org/api/v1/agents/chat'",
            ],
        ),
        (
            "/desk",
            &[
                "<a href=\"/desk/findings\">",
                "<a href=\"/desk/threads\">",
                "<a href=\"/api/v1/agents/health\">",
                "<a href=\"/api/v1/agents/openapi.json\">",
            ],
        ),
        ("/desk/", &["<a href=\"/desk/findings\">"]),
        (
            "/desk/findings",
            &[
                "kubectl -n ops get findings --field-selector status.phase!=Resolved",
                "'https://desk.example.org/api/v1/agents/findings'",
            ],
        ),
    ] {
        let (status, _, body) = get(path, None).await;
        assert_eq!(status, 200, "{path}");
        for part in parts {
            assert!(body.contains(part), "{part} in {body}");
        }
    }
}

#[tokio::test]
async fn an_address_without_the_name_of_an_object_is_not_repeated() {
    for name in [
        "A",
        "a_b",
        "-a",
        "a-",
        ".a",
        "a%20b",
        "%3Cscript%3Ealert(1)%3C%2Fscript%3E",
        "a'%3Brm",
        "a%24(id)",
        "a%0Ab",
        "..%2F..%2Fx",
        "%E2%80%AEa",
        &"a".repeat(254),
    ] {
        for kind in ["findings", "threads"] {
            let (status, headers, body) = get(&format!("/desk/{kind}/{name}"), None).await;
            assert_eq!(status, 404, "{name}");
            assert!(body.contains("Endereço inválido") && !body.contains("kubectl"), "{body}");
            assert!(!body.contains("alert") && !body.contains("rm") && !body.contains("$("), "{body}");
            assert_eq!(headers["x-content-type-options"], "nosniff");
        }
    }
}

#[tokio::test]
async fn a_page_loads_nothing_and_is_not_kept() {
    for path in ["/desk/findings", "/desk/findings/a", "/desk/threads/a", "/desk/findings/A"] {
        let (_, headers, body) = get(path, None).await;
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(headers["content-type"], "text/html; charset=utf-8");
        assert_eq!(headers["cache-control"], "no-store");
        for part in ["<script", "<link", "<img", "style=", "<form", "src="] {
            assert!(!body.contains(part), "{part} in {body}");
        }
    }
}

#[tokio::test]
async fn the_language_is_the_one_that_the_browser_prefers() {
    for (accepted, tag) in [
        (None, "pt-BR"),
        (Some("en"), "en"),
        (Some("en-GB,en;q=0.9"), "en"),
        (Some("pt-PT"), "pt-BR"),
        (Some("fr, en;q=0.4, pt;q=0.6"), "pt-BR"),
        (Some("fr, en ; q=0.7, pt;q=0.6"), "en"),
        (Some("de, *"), "pt-BR"),
        (Some("en;q=0, pt;q=0"), "pt-BR"),
        (Some("en;q=x"), "pt-BR"),
        (Some("en;q=0"), "pt-BR"),
        (Some("en, pt"), "en"),
        (Some("pt;q=0.8, en;q=0.8"), "pt-BR"),
        (Some(""), "pt-BR"),
    ] {
        let (_, headers, body) = get("/desk/findings", accepted).await;
        assert_eq!(headers["content-language"], tag, "{accepted:?}");
        assert!(body.contains(&format!("lang=\"{tag}\"")), "{body}");
    }
}
