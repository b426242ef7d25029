//! The inbox: what it has, and acknowledging from it.

use super::*;
use crate::desk::held::HELD_FOR;

#[tokio::test]
async fn the_inbox_has_what_is_for_the_roles_of_its_reader_most_serious_first() {
    let desk = Desk::new();
    desk.add("f-low", "low", &["devops"]);
    desk.add("f-critical", "critical", &["devops"]);
    desk.add("f-other", "high", &["seo"]);
    let page = desk.get("/desk", &desk.sign_in("ana devops").await).await.text;
    let at = |text: &str| page.find(text);
    assert!(at("f-critical não").unwrap() < at("f-low não").unwrap() && at("f-other não").is_none(), "{page}");
    assert!(page.contains("<title>(2) Caixa · Desk</title>") && page.contains("2 pendentes, 2 sem dono"), "{page}");
    let all = desk.get("/desk?severity=high", &desk.sign_in("eva super_admin").await).await.text;
    assert!(all.contains("f-other não") && !all.contains("f-low não") && all.contains("(3) Caixa"), "{all}");
}

#[tokio::test(start_paused = true)]
async fn messages_are_acknowledged_from_the_inbox_without_script() {
    let desk = Desk::new();
    desk.add("f-1", "critical", &["devops"]);
    desk.add("f-2", "low", &["devops"]);
    let ana = desk.sign_in("ana devops").await;
    let rui = desk.sign_in("rui devops").await;
    let csrf = desk.csrf(&ana).await;
    let body = format!("csrf={csrf}&message=f-1-m&message=f-2-m&until=4h&return=/desk");
    // For some seconds they can be taken back, by the person who sent them.
    let answer = desk.post("/desk/acknowledge", &ana, &body).await;
    assert_eq!((answer.status, answer.location()), (303, "/desk"), "{}", answer.text);
    let page = desk.get("/desk", &ana).await.text;
    assert!(page.contains("2 mensagens serão reconhecidas em 8 s") && page.contains("item--going"), "{page}");
    assert!(!desk.get("/desk", &rui).await.text.contains("item--going"));
    let undo = desk.post("/desk/acknowledge/undo", &ana, &format!("csrf={csrf}&return=/desk")).await;
    assert_eq!((undo.status, undo.location()), (303, "/desk?done=0"));
    assert!(!desk.get("/desk", &ana).await.text.contains("item--going"));
    // Sent again, and not taken back.
    desk.post("/desk/acknowledge", &ana, &body).await;
    let acknowledged = async {
        while !desk.get("/desk", &ana).await.text.contains("2 reconhecidas, 2 com prazo") {
            tokio::time::sleep(HELD_FOR / 8).await;
        }
    };
    tokio::time::timeout(HELD_FOR * 8, acknowledged).await.expect("they are acknowledged");
    let actions = desk.server.actions();
    let actor = &actions[0]["spec"]["actor"];
    assert_eq!((actions.len(), &actor["name"], &actor["via"]), (2, &json!("ana"), &json!("desk")));
    assert!(!desk.get("/desk", &ana).await.text.contains("item--going"));
}

#[tokio::test]
async fn the_script_holds_acknowledgements_back_itself() {
    let desk = Desk::new();
    desk.add("f-1", "critical", &["devops"]);
    let ana = desk.sign_in("ana devops").await;
    let csrf = desk.csrf(&ana).await;
    let answer = desk.post("/desk/acknowledge", &ana, &format!("csrf={csrf}&message=f-1-m&now=1")).await;
    assert_eq!((answer.status, desk.server.actions().len()), (204, 1), "{}", answer.text);
    let answer = desk.post("/desk/acknowledge", &ana, &format!("csrf={csrf}&message=f-1-m&until=soon&now=1")).await;
    assert_eq!(answer.status, 422);
    let count = desk.get("/desk/pending", &ana).await.text;
    assert!(count.contains("id=\"pendentes\"") && count.contains("data-count"), "{count}");
}

#[tokio::test]
async fn many_messages_about_one_check_are_shown_together() {
    let desk = Desk::new();
    let ana = desk.sign_in("ana devops").await;
    for index in 0..41 {
        let pile = desk.get("/desk", &ana).await.text.matches("<details class=\"pile\"").count();
        assert_eq!(pile, 0, "{index}");
        desk.add(&format!("f-{index}"), "critical", &["devops"]);
    }
    let page = desk.get("/desk", &ana).await.text;
    assert_eq!((page.matches("<details class=\"pile\"").count(), page.matches("name=\"message\"").count()), (1, 41));
}

#[tokio::test]
async fn the_keys_are_named_nowhere_where_they_are_off() {
    let desk = Desk::new();
    desk.add("f-1", "critical", &["devops"]);
    let ana = desk.sign_in("ana devops").await;
    let page = desk.get("/desk", &ana).await.text;
    assert!(page.contains("data-keys=\"on\"") && page.contains("<kbd>j</kbd>") && page.contains("id=\"atalhos\""));
    let body = format!("csrf={}&keys=off&return=/desk", desk.csrf(&ana).await);
    let set = desk.post("/desk/preferences", &ana, &body).await.cookie();
    let page = desk.get("/desk", &format!("{ana}; {set}")).await.text;
    assert!(!page.contains("data-keys=") && !page.contains("<kbd>") && !page.contains("id=\"atalhos\""), "{page}");
}

#[tokio::test]
async fn fields_of_the_filter_that_nothing_was_chosen_in_select_all() {
    let desk = Desk::new();
    desk.add("f-1", "critical", &["devops"]);
    desk.add("f-2", "low", &["devops"]);
    let ana = desk.sign_in("ana devops").await;
    let page = desk.get("/desk?role=&agent=&severity=low", &ana).await;
    assert!(page.status == 200 && page.text.contains("f-2 não") && !page.text.contains("f-1 não"), "{}", page.text);
}

/// Puts the Messages of a Finding that is open since then; the last one was written at another time.
fn since(desk: &Desk, name: &str, opened: &str, written: &str) {
    desk.add(name, "critical", &[]);
    let status = json!({"phase": "Open", "severity": "critical", "agent": "pulso", "title": "Cluster", "occurrences": 1,
        "message": format!("{name} parou"), "openedAt": opened, "thread": format!("{name}-t")});
    desk.server.add_finding(name, status);
    let spec = json!({"thread": format!("{name}-t"), "author": {"kind": "agent", "name": "pulso"}, "needsAck": true,
        "body": "b", "severity": "critical", "finding": name, "at": written});
    desk.server.put("messages", object("Message", &format!("{name}-m"), spec, json!({"phase": "Pending"})));
}

#[tokio::test]
async fn a_finding_keeps_its_place_and_its_age_when_it_is_told_again() {
    let desk = Desk::new();
    since(&desk, "f-new", "2026-01-02T03:06:00Z", "2026-01-02T03:06:00.000000Z");
    // It was escalated some minutes after it had opened.
    since(&desk, "f-old", "2026-01-02T03:00:00Z", "2026-01-02T03:08:00.000000Z");
    let page = desk.get("/desk", &desk.sign_in("ana devops").await).await.text;
    let (old, new) = (page.find("f-old parou").unwrap(), page.find("f-new parou").unwrap());
    assert!(old < new, "{page}");
    let row = page.split("<li class=\"item").find(|row| row.contains("f-old parou")).unwrap();
    assert!(row.contains("<time datetime=\"2026-01-02T03:00:00Z\""), "{row}");
    // A browser decides by the time of the Message whether it was read.
    assert!(row.contains("data-at=\"2026-01-02T03:08:00Z\""), "{row}");
}

#[tokio::test]
async fn the_list_beside_a_window_counts_all_and_has_the_message_of_the_window() {
    let desk = Desk::new();
    for number in 0..60 {
        since(&desk, &format!("f-{number:02}"), "2026-01-02T03:00:00Z", "2026-01-02T03:00:00.000000Z");
    }
    since(&desk, "f-last", "2026-01-02T05:00:00Z", "2026-01-02T05:00:00.000000Z");
    let ana = desk.sign_in("ana devops").await;
    let page = desk.get("/desk/threads/f-last-t", &ana).await.text;
    for part in [
        "61 pendentes, 61 sem dono",
        "61 sem dono",
        "<span class=\"n\">61</span>",
        "As primeiras 50 de 61",
        "e mais 11",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
    let current = page.split("<li class=\"item").find(|row| row.contains("aria-current=\"true\"")).unwrap();
    assert!(current.contains("f-last parou"), "{current}");
    // It is renewed in its place, with its filter.
    assert!(page.contains(
        "action=\"/desk/threads/f-last-t\" aria-label=\"Filtrar a caixa\" hx-get=\"/desk/threads/f-last-t\""
    ));
    let filtered = desk.get("/desk/threads/f-last-t?role=&severity=low", &ana).await.text;
    assert!(filtered.contains("0 pendentes") && filtered.contains("<title>(61)"), "{filtered}");
    let arrived = |window: &str| format!("/desk/arrived?since=2026-01-01T00:00:00Z&severity=critical&window={window}");
    let beside = desk.get(&arrived("/desk/threads/f-last-t"), &ana).await.text;
    assert!(beside.contains("href=\"/desk/threads/f-last-t?severity=critical\" hx-get="), "{beside}");
    for other in ["", "//evil.example", "/desk/threads/../x", "/desk/threads/a?b"] {
        let alone = desk.get(&arrived(other), &ana).await.text;
        assert!(alone.contains("<a href=\"/desk?severity=critical\">"), "{alone}");
    }
}

#[tokio::test]
async fn all_that_a_page_has_is_acknowledged_by_one_command() {
    let desk = Desk::new();
    let names: Vec<String> = (0..130).map(|number| format!("f-{number:03}")).collect();
    names.iter().for_each(|name| desk.add(name, "high", &["devops"]));
    let ana = desk.sign_in("ana devops").await;
    let messages: String = names.iter().map(|name| format!("&message={name}-m")).collect();
    let body = format!("csrf={}&now=1{messages}", desk.csrf(&ana).await);
    let answer = desk.post("/desk/acknowledge", &ana, &body).await;
    assert_eq!((answer.status, desk.server.actions().len()), (204, 130), "{}", answer.text);
}
