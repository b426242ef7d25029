//! The pages of the panel that list things, and its tools, by a browser without script, over one incident.

use super::desk::{Browser, after};
use super::running::start;
use crate::kit::wait::eventually;
use reqwest::header::COOKIE;
use std::path::Path;

/// The text of a page once it has a part.
async fn once_it_has(browser: &Browser, path: &str, part: &str) -> String {
    eventually(&format!("{part} on {path}"), || async {
        let request = browser.client.get(format!("{}{path}", browser.base)).header(COOKIE, &browser.cookie);
        let page = request.send().await.unwrap().text().await.unwrap();
        page.contains(part).then_some(page)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_incident_is_found_silenced_asked_about_and_handed_over() {
    let running = start("desk-lists", &Path::new(env!("CARGO_MANIFEST_DIR")).join("registry.yaml")).await;
    let Some(link) = running.sign_in_link() else {
        eprintln!("skipped: the operator makes no one-time link");
        return running.stop().await;
    };
    let mut browser = Browser::new(&running);
    let path = link.strip_prefix(&browser.base).unwrap().to_string();
    assert_eq!(browser.post(&path, &[]).await.0, 303);
    running.estate.break_part("quorum").unwrap();

    let list = once_it_has(&browser, "/desk/findings?scenario=proxmox.cluster&text=quorum", "class=\"tab__t\"").await;
    let finding = after(&list, "href=\"/desk/findings/").unwrap().to_string();
    let csrf = after(&list, "name=\"csrf\" value=\"").unwrap().to_string();
    once_it_has(&browser, "/desk/threads?state=open", "/desk/threads/proxmox.cluster-").await;
    once_it_has(&browser, "/desk/agents", "1 ocorrência em aberto").await;

    let fields = [("csrf", csrf.as_str()), ("what", "scenario:proxmox.cluster"), ("return", "/desk/silences")];
    let (status, location, text) = browser.post("/desk/silences/maintenance", &fields).await;
    assert!(status == 303 && location.starts_with("/desk/silences?done=made&id="), "{location} {text}");
    let silences = once_it_has(&browser, "/desk/silences", &format!("href=\"/desk/findings/{finding}\"")).await;
    assert!(silences.contains("Manutenção") && silences.contains("Retém os avisos de 1 ocorrência:"), "{silences}");

    let question = "o que está aberto?";
    let fields = [("csrf", csrf.as_str()), ("finding_id", &finding), ("message", question), ("once", "a")];
    let (status, conversation, text) = browser.post("/desk/chat", &fields).await;
    assert_eq!(status, 303, "{text}");
    let page = once_it_has(&browser, &conversation, "T0, ").await;
    assert!(page.contains(question) && page.contains("Copiloto"), "{page}");
    assert!(page.contains(&format!("name=\"finding_id\" value=\"{finding}\"")), "{page}");

    let (_, _, handover) = browser.get("/desk/handover.txt?hours=4").await;
    for part in ["O QUE CONTINUA EM ABERTO\n- [", "local silenciou", "Manutenção (Cenário é proxmox.cluster"] {
        assert!(handover.contains(part), "{part}: {handover}");
    }
    let (_, _, log) = browser.get("/desk/actions.csv?verb=silence").await;
    assert!(log.contains("\"local\",\"true\",\"super_admin\",\"desk\",\"silence\",\"Silence\""), "{log}");
    let name = after(&silences, "action=\"/desk/silences/silence-").unwrap();
    let end = format!("/desk/silences/silence-{name}");
    let (status, location, text) = browser.post(&end, &[("csrf", &csrf), ("return", "/desk/silences")]).await;
    assert_eq!((status, location.as_str()), (303, "/desk/silences?done=ended"), "{text}");
    once_it_has(&browser, "/desk/silences", "Nada está silenciado.").await;
    running.stop().await;
}
