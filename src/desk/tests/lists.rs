//! The pages that list something.

use super::{Desk, object};
use serde_json::{Value, json};

/// Text that would be markup, a formula or a link, in every field of people and targets.
const HOSTILE: &str = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'><a href=javascript:alert(1)>";

/// Every page of this file.
const PAGES: [&str; 9] = [
    "/desk/findings",
    "/desk/threads",
    "/desk/agents",
    "/desk/actions",
    "/desk/silences",
    "/desk/handover",
    "/desk/chat",
    "/desk/runbooks",
    "/desk/model",
];

fn action(name: &str, verb: &str, actor: &str, at: &str) -> Value {
    let actor = json!({"name": actor, "roles": ["devops"], "via": "rest"});
    let spec = json!({"verb": verb, "subject": {"kind": "Finding", "name": "f-1"}, "actor": actor});
    let mut action = object("Action", name, spec, json!({"result": "done", "message": "ok"}));
    action["metadata"]["creationTimestamp"] = json!(at);
    action["metadata"]["annotations"] = json!({"agentic.ligbox.io/recorded-by": "facade"});
    action
}

fn silence(name: &str, starts: &str, ends: &str, reason: &str) -> Value {
    let matchers = json!([{"name": "scenario", "op": "=", "value": "desk.api.health"}]);
    let spec = json!({"matchers": matchers, "startsAt": starts, "endsAt": ends, "author": "ana", "reason": reason});
    object("Silence", name, spec, json!({"active": true, "holding": ["f-1"], "holdingTotal": 1}))
}

/// A text between two others.
fn between<'a>(page: &'a str, start: &str, end: &str) -> &'a str {
    page.split_once(start).and_then(|(_, rest)| rest.split_once(end)).map_or("", |(found, _)| found)
}

#[tokio::test]
async fn every_page_is_there_in_both_languages_also_where_there_is_nothing_and_none_without_a_session() {
    let desk = Desk::new();
    let ana = desk.sign_in("ana devops").await;
    for path in PAGES {
        let page = desk.get(path, &ana).await;
        assert_eq!(page.status, 200, "{path}: {}", page.text);
        assert!(page.text.contains("id=\"principal\"") && page.text.contains("<title>"), "{path}");
        assert!(page.text.contains("aria-current=\"page\""), "{path}: {}", page.text);
        assert!(!page.text.contains(" style=") && !page.text.contains(" onclick="), "{path}");
        let english = desk.get(path, &format!("{ana}; desk-language=en")).await.text;
        assert!(english.contains("<html lang=\"en\"") && english != page.text, "{path}");
        let guest = desk.get(path, "").await;
        assert!(guest.status == 303 || guest.text.contains("/desk/session?return="), "{path}");
    }
    assert!(desk.get("/desk/findings", &ana).await.text.contains("Nenhuma ocorrência em aberto"));
    assert!(
        desk.get("/desk/actions.csv", "").await.status == 303 && desk.get("/desk/handover.txt", "").await.status == 303
    );
}

#[tokio::test]
async fn what_others_wrote_is_text_on_every_page() {
    let desk = Desk::new();
    let status = json!({"phase": "Acknowledged", "severity": "high", "agent": "pulso", "title": HOSTILE, "message": HOSTILE,
        "occurrences": 1, "openedAt": "2026-01-02T03:04:05Z", "thread": "t-1",
        "acknowledgement": {"by": HOSTILE, "note": HOSTILE, "at": "2026-01-02T03:10:00Z", "proven": false, "occurrence": 1}});
    desk.server.add_finding("f-1", status);
    let thread = json!({"subject": HOSTILE, "agent": "copiloto", "participants": ["ana"], "conversation": "c"});
    desk.server.put("threads", object("Thread", "t-1", thread, json!({"messageCount": 1})));
    let message =
        json!({"thread": "t-1", "author": {"kind": "person", "name": HOSTILE}, "body": HOSTILE, "recipients": []});
    desk.server.put("messages", object("Message", "m-1", message, json!({})));
    let mut hostile = action("a-1", HOSTILE, HOSTILE, "2026-01-02T03:04:05Z");
    hostile["spec"]["subject"] = json!({"kind": "Finding", "name": HOSTILE});
    hostile["status"] = json!({"result": HOSTILE, "message": HOSTILE});
    desk.server.put("actions", hostile);
    let mut held = silence("s-1", "2026-01-01T00:00:00Z", "2099-01-01T00:00:00Z", HOSTILE);
    held["spec"]["author"] = json!(HOSTILE);
    held["spec"]["matchers"][0]["value"] = json!(HOSTILE);
    held["status"]["message"] = json!(HOSTILE);
    desk.server.put("silences", held);
    let ana = desk.sign_in("ana devops").await;
    let shown = [
        "/desk/findings",
        "/desk/findings?phase=%3Cscript%3Ealert(1)%3C/script%3E",
        "/desk/findings?text=%3Cscript%3Ealert(1)%3C/script%3E&scenario=%3Cscript%3E",
        "/desk/threads",
        "/desk/actions",
        "/desk/actions?actor=%3Cscript%3Ealert(1)%3C/script%3E",
        "/desk/silences",
        "/desk/silences?scenario=%3Cscript%3Ealert(1)%3C/script%3E",
        "/desk/handover?since=2026-01-01T00:00:00Z",
        "/desk/handover?hours=%3Cscript%3E",
        "/desk/chat?finding_id=f-1&thread_id=t-1",
        "/desk/chat?finding_id=%3Cscript%3E",
        "/desk/runbooks?q=%3Cscript%3Ealert(1)%3C/script%3E",
    ];
    for path in shown {
        let page = desk.get(path, &ana).await.text;
        for markup in ["<script>", "<img", "<a href=javascript", "href=\"javascript", "\"'>"] {
            assert!(!page.contains(markup), "{path} has {markup}: {page}");
        }
    }
}

#[tokio::test]
async fn findings_are_filtered_and_paged_by_the_address_most_serious_first() {
    let desk = Desk::new();
    for number in 0..60 {
        desk.add(&format!("f-{number:03}"), if number == 59 { "critical" } else { "low" }, &[]);
    }
    let ana = desk.sign_in("ana devops").await;
    let first = desk.get("/desk/findings", &ana).await.text;
    assert!(first.contains("50 nesta página, 60 ocorrências ao todo"), "{first}");
    assert!(first.find("f-059 não").unwrap() < first.find("f-000 não").unwrap());
    assert!(first.len() < 100 << 10, "{} bytes", first.len());
    let next = between(&first, "<nav class=\"pager\"", "</nav>");
    let next = between(next, "href=\"", "\"").replace("&amp;", "&");
    let second = desk.get(&next, &ana).await.text;
    assert!(second.contains("f-058 não") && !second.contains("f-059 não") && !second.contains("f-000 não"), "{second}");
    let one = desk.get("/desk/findings?severity=critical&text=NAO+059&phase=&agent=", &ana).await.text;
    assert!(one.contains("1 ocorrência<") && one.contains("f-059 não") && one.contains("value=\"NAO 059\""), "{one}");
    let none = desk.get("/desk/findings?phase=resolved", &ana).await.text;
    assert!(none.contains("Nenhuma ocorrência nesta situação"), "{none}");
    let wrong = desk.get("/desk/findings?severity=bad", &ana).await;
    assert!(wrong.status == 400 && wrong.text.contains("“severity=bad” não é aceito aqui"), "{}", wrong.text);
    let verb = desk.get("/desk/actions?verb=nope", &ana).await;
    assert!(verb.status == 400 && verb.text.contains("“verb=nope” não é aceito aqui"), "{}", verb.text);
    let hours = desk.get("/desk/handover.txt?hours=abc", &ana).await;
    assert_eq!(
        (hours.status, hours.text.as_str()),
        (400, "“hours=abc” não é aceito aqui. Escolha de novo nos filtros.\n")
    );
    assert_eq!(desk.get("/desk/findings?cursor=x", &ana).await.status, 400);
}

#[tokio::test]
async fn a_list_says_that_it_changed_and_does_not_move() {
    let desk = Desk::new();
    desk.add("f-1", "low", &[]);
    let ana = desk.sign_in("ana devops").await;
    let page = desk.get("/desk/findings?severity=low", &ana).await.text;
    let asked = between(&page, "<p class=\"arrived\" role=\"status\" hx-get=\"", "\"").replace("&amp;", "&");
    assert!(!desk.get(&asked, &ana).await.text.contains("A lista mudou"));
    desk.add("f-2", "low", &[]);
    let line = desk.get(&asked, &ana).await.text;
    assert!(
        line.starts_with("<p class=\"arrived\"") && line.contains("A lista mudou") && !line.contains("<table"),
        "{line}"
    );
    assert!(line.contains("href=\"/desk/findings?severity=low\""), "{line}");
}

#[tokio::test]
async fn the_roster_tells_what_each_agent_watches_and_what_awaits_people() {
    let desk = Desk::new();
    desk.server.add_scenario("desk.api.health", false, "True");
    desk.add("f-1", "low", &["devops"]);
    let page = desk.get("/desk/agents", &desk.sign_in("ana devops").await).await.text;
    for text in ["Pulso", "A1", "1 ocorrência em aberto", "1 mensagem pendente", "/desk/scenarios/desk.api.health"] {
        assert!(page.contains(text), "{text}: {page}");
    }
    assert!(page.contains("name=\"agent\" value=\"pulso\""), "{page}");
}

#[tokio::test]
async fn actions_are_filtered_and_downloaded_as_rfc_4180_says() {
    let desk = Desk::new();
    desk.server.put("actions", action("a-1", "acknowledge", "ana", "2026-01-02T03:04:05Z"));
    desk.server.put("actions", action("a-2", "run", "=cmd|'/c calc'!A1", "2026-01-03T03:04:05Z"));
    let mut refused = action("a-0", "run", "rui", "2026-01-01T03:04:05Z");
    let why = json!({"kind": "Scenario", "name": "nada"});
    refused["status"] = json!({"result": "refused", "message": "m", "reason": "NoSuchObject", "values": why});
    desk.server.put("actions", refused);
    let ana = desk.sign_in("ana devops").await;
    let of_rui = desk.get("/desk/actions?actor=rui", &ana).await.text;
    assert!(of_rui.contains("não há cenário com o nome &quot;nada&quot;"), "{of_rui}");
    let page = desk.get("/desk/actions?verb=acknowledge&since=2026-01-02T00:00", &ana).await.text;
    assert!(
        page.contains("1 ação<") && page.contains("reconheceu a ocorrência") && page.contains("API REST"),
        "{page}"
    );
    assert!(page.contains("value=\"2026-01-02T00:00\"") && page.contains("since=2026-01-02T00%3A00%3A00Z"), "{page}");
    assert_eq!(desk.get("/desk/actions?since=yesterday", &ana).await.status, 400);
    let file = desk.get("/desk/actions.csv?since=2026-01-03T00:00:00Z", &ana).await;
    assert!(file.headers["content-type"].to_str().unwrap().starts_with("text/csv"));
    assert!(file.headers["content-disposition"].to_str().unwrap().starts_with("attachment; "));
    let lines: Vec<_> = file.text.split("\r\n").collect();
    assert_eq!(lines.len(), 3, "{}", file.text);
    assert!(lines[0].starts_with("\"at\",\"actor\",\"proven\""), "{}", lines[0]);
    assert!(
        lines[1].starts_with("\"2026-01-03T03:04:05Z\",\"'=cmd|'/c calc'!A1\",\"true\",\"devops\""),
        "{}",
        lines[1]
    );
}

#[tokio::test]
async fn a_file_of_all_actions_has_more_than_one_page() {
    let desk = Desk::new();
    for number in 0..1100 {
        desk.server.put("actions", action(&format!("a-{number:04}"), "run", "ana", "2026-01-02T03:04:05Z"));
    }
    let file = desk.get("/desk/actions.csv", &desk.sign_in("ana devops").await).await.text;
    assert_eq!(file.matches("\r\n").count(), 1101);
    assert!(file.contains("a-0000") && file.contains("a-1099"));
}

#[tokio::test]
async fn the_bar_leads_to_a_question_about_the_page() {
    let desk = Desk::new();
    desk.add("f-1", "low", &[]);
    let ana = desk.sign_in("ana devops").await;
    for (path, expected) in [
        ("/desk/findings/f-1", "/desk/chat?finding_id=f-1"),
        ("/desk/threads/f-1-t", "/desk/chat?about_thread=f-1-t"),
        ("/desk/findings", "/desk/chat"),
    ] {
        let page = desk.get(path, &ana).await.text;
        assert!(page.contains(&format!("href=\"{expected}\"")), "{path}");
    }
    let chat = desk.get("/desk/chat?about_thread=f-1-t", &ana).await.text;
    assert!(chat.contains("f-1 não está") && chat.contains("name=\"finding_id\" value=\"f-1\""), "{chat}");
}
