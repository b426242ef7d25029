//! The panel, by a browser without script: a cookie, links and forms.

use super::running::{Running, start};
use crate::kit::wait::eventually;
use agentic_ops::api::Role;
use agentic_ops::cli::token::{issue, load_or_make_secret};
use jiff::Timestamp;
use reqwest::header::{COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::redirect::Policy;
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

pub struct Browser {
    pub client: reqwest::Client,
    pub base: String,
    pub cookie: String,
}

/// Status, where it leads, and text.
pub type Page = (u16, String, String);

impl Browser {
    pub fn new(running: &Running) -> Browser {
        Browser::at(format!("http://{}", running.address))
    }

    pub fn at(base: String) -> Browser {
        let client = reqwest::Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
        Browser { client, base, cookie: String::new() }
    }

    pub async fn get(&mut self, path: &str) -> Page {
        let request = self.client.get(format!("{}{path}", self.base));
        self.send(request).await
    }

    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self.client.post(format!("{}{path}", self.base)).header(ORIGIN, &self.base).body(body);
        self.send(request).await
    }

    async fn send(&mut self, request: reqwest::RequestBuilder) -> Page {
        let response = request.header(COOKIE, &self.cookie).send().await.unwrap();
        let header = |name| response.headers().get(name).map(|value| value.to_str().unwrap().to_string());
        if let Some(set) = header(SET_COOKIE) {
            self.cookie = set.split(';').next().unwrap().to_string();
        }
        let (status, location) = (response.status().as_u16(), header(LOCATION).unwrap_or_default());
        (status, location, response.text().await.unwrap())
    }
}

/// What follows a mark, up to the next quotation mark.
pub fn after<'a>(page: &'a str, mark: &str) -> Option<&'a str> {
    page.split_once(mark)?.1.split('"').next()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_is_acknowledged_from_the_inbox_after_signing_in_by_the_link() {
    let running = start("desk", &Path::new(env!("CARGO_MANIFEST_DIR")).join("registry.yaml")).await;
    let Some(link) = running.sign_in_link() else {
        eprintln!("skipped: the operator makes no one-time link");
        return running.stop().await;
    };
    let mut browser = Browser::new(&running);
    let path = link.strip_prefix(&browser.base).unwrap().to_string();
    assert_eq!(browser.get(&path).await.0, 200);
    let (status, location, _) = browser.post(&path, &[]).await;
    assert_eq!((status, location.as_str()), (303, "/desk"));
    assert_eq!(browser.post(&path, &[]).await.0, 410, "it is used");

    running.estate.break_part("quorum").unwrap();
    let page = eventually("a Message in the inbox", || async {
        let request = browser.client.get(format!("{}/desk", browser.base)).header(COOKIE, &browser.cookie);
        let page = request.send().await.unwrap().text().await.unwrap();
        page.contains("name=\"message\"").then_some(page)
    })
    .await;
    let message = after(&page, "name=\"message\" value=\"").unwrap().to_string();
    let csrf = after(&page, "name=\"csrf\" value=\"").unwrap().to_string();
    let window = after(&page, "class=\"item__a\" href=\"").unwrap().to_string();
    let (status, _, text) = browser.get(&window).await;
    assert!(status == 200 && text.contains("id=\"ficha\"") && text.contains("id=\"resposta\""), "{text}");
    let fields = [("csrf", csrf.as_str()), ("message", message.as_str()), ("return", "/desk")];
    let (status, location, text) = browser.post("/desk/acknowledge", &fields).await;
    assert_eq!((status, location.as_str()), (303, "/desk"), "{text}");

    let secret = load_or_make_secret(&running.scratch.0).unwrap();
    let token = issue(&secret, "ana", &[Role::Devops], Timestamp::now(), Duration::from_secs(600)).unwrap();
    let thread = window.strip_prefix("/desk/threads/").unwrap();
    let url = format!("{}/api/v1/agents/threads/{thread}/messages", browser.base);
    let client = browser.client.clone();
    eventually("the acknowledgement in the API", || async {
        let answer = client.get(&url).bearer_auth(&token).send().await.unwrap().bytes().await.unwrap();
        let page: Value = serde_json::from_slice(&answer).unwrap();
        let found = page["items"].as_array()?.iter().find(|item| item["id"] == message.as_str())?.clone();
        let acknowledgement = &found["acknowledgement"];
        (acknowledgement["by"] == "local" && acknowledgement["proven"] == true).then_some(())
    })
    .await;
    running.stop().await;
}

/// Gets a page until it has a text.
async fn until(browser: &Browser, path: &str, text: &str) -> String {
    eventually(text, || async {
        let request = browser.client.get(format!("{}{path}", browser.base)).header(COOKIE, &browser.cookie);
        let page = request.send().await.unwrap().text().await.unwrap();
        page.contains(text).then_some(page)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_finding_is_taken_over_run_and_explained_and_its_next_occurrence_shows_what_fixed_it() {
    let running = start("window", &Path::new(env!("CARGO_MANIFEST_DIR")).join("registry.yaml")).await;
    let Some(link) = running.sign_in_link() else {
        eprintln!("skipped: the operator makes no one-time link");
        return running.stop().await;
    };
    let mut browser = Browser::new(&running);
    let path = link.strip_prefix(&browser.base).unwrap().to_string();
    browser.post(&path, &[]).await;
    running.estate.break_part("vm-112").unwrap();
    let inbox = until(&browser, "/desk", "class=\"item__a\" href=\"").await;
    let window = after(&inbox, "class=\"item__a\" href=\"").unwrap().to_string();
    let page = until(&browser, &window, "id=\"take-over\"").await;
    let csrf = after(&page, "name=\"csrf\" value=\"").unwrap().to_string();
    let finding = after(&page, "action=\"/desk/findings/").unwrap().split('/').next().unwrap().to_string();
    assert!(page.contains("<mark>v.status == &quot;running&quot;</mark>"), "{page}");
    let of_finding = |action: &str| format!("/desk/findings/{finding}/{action}");
    let common = [("csrf", csrf.as_str()), ("return", window.as_str())];

    let (status, location, text) = browser.post(&of_finding("owner"), &common).await;
    assert_eq!((status, location.as_str()), (303, window.as_str()), "{text}");
    let page = until(&browser, &window, "id=\"release\"").await;
    assert!(page.contains("Com local"), "{page}");
    until(&browser, "/desk", "<span class=\"item__o\">local</span>").await;
    let (status, location, text) = browser.post(&of_finding("run"), &common).await;
    assert_eq!((status, location), (303, format!("{window}?done=run")), "{text}");
    assert!(browser.get(&format!("{window}?done=run")).await.2.contains("Resultado da verificação"));
    let fixed = [common[0], common[1], ("body", "Liguei a VM 112 depois da cópia."), ("once", "k")];
    assert_eq!(browser.post(&of_finding("resolution"), &fixed).await.0, 409, "it is open");

    running.estate.heal_part("vm-112").unwrap();
    until(&browser, &window, "id=\"explain\"").await;
    let (status, _, text) = browser.post(&of_finding("resolution"), &fixed).await;
    assert_eq!(status, 303, "{text}");
    let page = until(&browser, &window, "msg--fixed").await;
    let file = browser
        .get(&format!(
            "/desk/messages/{}/addition",
            after(&page, "/desk/messages/").unwrap().split('/').next().unwrap()
        ))
        .await;
    assert!(file.0 == 200 && file.2.contains("  Liguei a VM 112 depois da cópia."), "{}", file.2);
    // The owner ended with the occurrence, and what fixed it is told in the next one.
    running.estate.break_part("vm-112").unwrap();
    let address = format!("/desk/findings/{finding}");
    let page = until(&browser, &address, "id=\"take-over\"").await;
    assert!(page.contains("Ninguém assumiu."), "{page}");
    until(&browser, &address, "<small class=\"fixed\">").await;
    running.stop().await;
}
