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
    while !desk.get("/desk", &ana).await.text.contains("2 reconhecidas, 2 voltam") {
        tokio::time::sleep(HELD_FOR / 8).await;
    }
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
