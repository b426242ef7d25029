//! Commands in what people write.

use super::*;

#[tokio::test]
async fn a_command_in_a_text_is_carried_out_once_with_one_action_that_names_the_message() {
    let server = talking();
    let context = keyed(&server, "k");
    let view = reply(&context, "thread", "ack vendo o nó").await.unwrap();
    assert_eq!(acknowledged_by(&server), "ana");
    let action = server.actions()[0].clone();
    let digest = text_digest("ack vendo o nó");
    let parameters = json!({"note": "vendo o nó", "message": view.id, "thread": "thread", "text-sha256": digest});
    assert_eq!((&action["spec"]["verb"], &action["spec"]["parameters"]), (&json!("acknowledge"), &parameters));
    assert_eq!(action["spec"]["subject"], json!({"kind": "Finding", "name": "open"}));
    assert_eq!(action["status"]["result"], "done");
    let key = ("messages".to_string(), view.id.clone());
    assert_eq!(server.cluster(|c| c.objects[&key]["spec"]["action"].clone()), action["metadata"]["name"]);
    // Again: the stored response.
    let command = Reply { thread: "thread".into(), text: text("ack vendo o nó"), in_reply_to: None };
    assert!(send(&context, command).await.is_none());
    assert_eq!((server.actions().len(), messages(&server).len()), (1, 1));

    reply(&lead(&server), "thread", "unack").await.unwrap();
    assert_eq!(acknowledged_by(&server), Value::Null);
    let owner = || server.cluster(|c| c.objects[&("findings".into(), "open".into())]["spec"]["owner"]["by"].clone());
    reply(&lead(&server), "thread", "assumir: vou olhar o nó").await.unwrap();
    assert_eq!(owner(), "ana");
    reply(&lead(&server), "thread", "devolver").await.unwrap();
    assert_eq!(owner(), Value::Null);
    reply(&lead(&server), "thread", "run").await.unwrap();
    reply(&lead(&server), "thread", "silenciar 2h troca de disco").await.unwrap();
    let silence = of_kind(&server, "silences").remove(0);
    let equal = |name: &str, value: &str| json!({"name": name, "op": "=", "value": value});
    let matchers = json!([equal("scenario", "desk.api.health"), equal("check", "api"), equal("key", "")]);
    assert_eq!(silence["spec"]["matchers"], matchers);
    assert_eq!((&silence["spec"]["reason"], &silence["spec"]["author"]), (&json!("troca de disco"), &json!("ana")));
    let mut verbs: Vec<_> = server.actions().iter().map(|a| a["spec"]["verb"].as_str().unwrap().to_string()).collect();
    verbs.sort_unstable();
    assert_eq!(verbs, ["acknowledge", "release", "run", "silence", "take-over", "unacknowledge"]);
    assert_eq!(messages(&server).len(), 6);
    // What is not understood is none: the answer says what would be right.
    reply(&lead(&server), "thread", "silenciar 2x").await.unwrap();
    assert_eq!((of_kind(&server, "silences").len(), messages(&server).len()), (1, 7));
    assert_eq!(server.actions().iter().filter(|action| action["spec"]["verb"] == "reply").count(), 1);
}

#[tokio::test]
async fn a_command_is_not_about_the_finding_of_an_earlier_message_where_its_own_names_a_scenario() {
    for (scenario, expected) in [(None, json!("ana")), (Some("suspended"), Value::Null)] {
        let server = talking();
        let view = chat(&lead(&server), "oi", None, Some("open")).await;
        let mut message = messages(&server).remove(0);
        message["status"] = json!({"proven": true, "sequence": 1});
        server.put("messages", message);
        let scenario = scenario.map(String::from);
        let input = ChatInput { text: text("ack"), thread: Some(view.thread_id), finding: None, scenario, agent: None };
        send(&lead(&server), Chat { input, wait: AnswerWait::NONE }).await.unwrap().unwrap();
        assert_eq!(acknowledged_by(&server), expected);
    }
}

#[tokio::test]
async fn a_command_that_is_refused_is_recorded_and_its_message_is_stored() {
    for (thread, said, role, verb, subject, part, reason, values) in [
        (
            "thread",
            "run",
            Role::Seo,
            "run",
            "desk.api.health",
            "requires one of the roles",
            "RoleRequired",
            json!({"roles": "super_admin, ops_lead, agentic_operator"}),
        ),
        (
            "thread",
            "run none",
            Role::OpsLead,
            "run",
            "none",
            "no Scenario is named \"none\"",
            "NoSuchObject",
            json!({"kind": "Scenario", "name": "none"}),
        ),
        (
            "thread",
            "run suspended",
            Role::OpsLead,
            "run",
            "suspended",
            "is suspended",
            "ScenarioSuspended",
            json!({"scenario": "suspended"}),
        ),
        (
            "thread",
            "run not-ready",
            Role::OpsLead,
            "run",
            "not-ready",
            "is not Ready",
            "ScenarioNotReady",
            json!({"scenario": "not-ready", "why": "checks[0]: no such probe"}),
        ),
        ("talk", "ack", Role::Seo, "acknowledge", "talk", "not about a Finding", "NotAboutFinding", Value::Null),
        ("talk", "run", Role::OpsLead, "run", "talk", "not about a Scenario", "NotAboutScenario", Value::Null),
        (
            "of-resolved",
            "ack",
            Role::Seo,
            "acknowledge",
            "resolved",
            "is resolved",
            "NothingToAcknowledge",
            json!({"finding": "resolved"}),
        ),
    ] {
        for is_keyed in [false, true] {
            let server = talking();
            add_thread(&server, "talk", json!({}));
            add_thread(&server, "of-resolved", json!({"finding": "resolved"}));
            let mut context = context(&server, "ana", role, Interface::Rest);
            if is_keyed {
                context.request = keyed(&server, "k").request;
            }
            let view = reply(&context, thread, said).await.unwrap();
            let (actions, messages) = (server.actions(), messages(&server));
            assert_eq!((actions.len(), messages.len()), (1, 1), "{said}");
            let (action, message) = (&actions[0], &messages[0]);
            let seen = (&action["spec"]["verb"], &action["spec"]["subject"]["name"], &action["status"]["result"]);
            assert_eq!(seen, (&json!(verb), &json!(subject), &json!("refused")), "{said} {action}");
            assert!(action["status"]["message"].as_str().unwrap().contains(part), "{said} {action}");
            assert_eq!((&action["status"]["reason"], &action["status"]["values"]), (&json!(reason), &values), "{said}");
            assert_eq!(
                (&message["spec"]["body"], &message["spec"]["action"]),
                (&json!(said), &action["metadata"]["name"])
            );
            assert_eq!(action["spec"]["parameters"]["message"], view.id);
        }
    }
}

#[tokio::test]
async fn a_word_of_one_scenario_is_enough_to_run_it() {
    let server = talking();
    server.cluster(|c| c.answers_runs = true);
    add_thread(&server, "talk", json!({}));
    let of_verb = |verb: &str, result: &str| -> Vec<Value> {
        let is_it = |action: &Value| action["spec"]["verb"] == verb && action["status"]["result"] == result;
        server.actions().into_iter().filter(is_it).collect()
    };
    let context = keyed(&server, "k");
    reply(&context, "talk", "rodar Héalth").await.unwrap();
    let ran = of_verb("run", "done").remove(0);
    assert_eq!(ran["spec"]["subject"], json!({"kind": "Scenario", "name": "desk.api.health"}), "{ran}");

    server.add_scenario("desk.web.health", false, "True");
    // The repeated request means what it meant.
    let again = Reply { thread: "talk".into(), text: text("rodar Héalth"), in_reply_to: None };
    let _ = send(&context, again).await;
    assert_eq!((of_verb("run", "done").len(), server.actions().len()), (1, 1));
    // Several have the word; a Silence needs the whole name also where one has it.
    for (said, verb, name, found) in [
        ("rodar health", "run", "health", "desk.api.health, desk.web.health"),
        ("silenciar cenário web 2h", "silence", "web", "desk.web.health"),
        ("reativar cenário web", "unsilence", "web", "desk.web.health"),
    ] {
        let context = keyed(&server, said);
        reply(&context, "talk", said).await.unwrap();
        let refused = of_verb(verb, "refused").remove(0);
        let status = (&refused["status"]["reason"], &refused["status"]["values"]);
        assert_eq!(status, (&json!("NoSuchScenario"), &json!({"name": name, "found": found})), "{said}");
    }
    assert!(of_kind(&server, "silences").is_empty());
    // The whole name is that of one.
    server.add_scenario("health", false, "True");
    reply(&lead(&server), "talk", "rodar health").await.unwrap();
    assert!(of_verb("run", "done").iter().any(|action| action["spec"]["subject"]["name"] == "health"));
}

/// The Action was refused before a Message was stored.
#[tokio::test]
async fn a_repeated_request_to_run_what_was_not_there_is_refused_for_the_same_reason() {
    for (name, reason) in [("none", "NoSuchObject"), ("desk", "NoSuchScenario")] {
        let server = talking();
        server.add_scenario("desk.web.health", false, "True");
        add_thread(&server, "talk", json!({}));
        let context = keyed(&server, "k");
        let command = || Reply { thread: "talk".into(), text: text(&format!("rodar {name}")), in_reply_to: None };
        server.cluster(|c| c.fails = Some(|asked| asked.starts_with("POST") && asked.ends_with("/messages")));
        send(&context, command()).await.unwrap().unwrap_err();
        server.cluster(|c| c.fails = None);
        assert_eq!((server.actions()[0]["status"]["reason"].clone(), messages(&server).len()), (json!(reason), 0));
        send(&context, command()).await.unwrap().unwrap();
        let actions = server.actions();
        assert_eq!((actions.len(), &actions[0]["status"]["reason"], messages(&server).len()), (1, &json!(reason), 1));
    }
}

#[tokio::test]
async fn the_name_of_another_finding_is_no_note() {
    for (said, name) in
        [("ack resolved.", "resolved"), ("ack: Desk.Web", "desk.web"), ("conselho desk.web", "desk.web")]
    {
        let server = talking();
        server.add_scenario("desk.web", false, "True");
        server.add_finding("resolved", json!({"phase": "Resolved"}));
        reply(&lead(&server), "thread", said).await.unwrap();
        let status = server.actions()[0]["status"].clone();
        assert_eq!((&status["reason"], &status["values"]), (&json!("NamesAnother"), &json!({"name": name})), "{said}");
        assert_eq!(acknowledged_by(&server), Value::Null, "{said}");
    }
    // Its own name, and a note that has more than a name.
    for said in ["ack desk.api.health", "ack desk.web também caiu", "ack suspended"] {
        let server = talking();
        server.add_scenario("desk.web", false, "True");
        reply(&lead(&server), "thread", said).await.unwrap();
        assert_eq!(acknowledged_by(&server), "ana", "{said}");
    }
}
