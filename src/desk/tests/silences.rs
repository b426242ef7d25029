//! Silences, the handover and questions, by forms.

use super::{Desk, object};
use serde_json::json;

fn silence(name: &str, starts: &str, ends: &str) -> serde_json::Value {
    let matchers = json!([{"name": "scenario", "op": "=", "value": "desk.api.health"}]);
    let spec = json!({"matchers": matchers, "startsAt": starts, "endsAt": ends, "author": "ana", "reason": format!("motivo {name}")});
    object("Silence", name, spec, json!({"active": true, "holding": ["f-1"], "holdingTotal": 1}))
}

#[tokio::test]
async fn silences_are_told_by_when_they_hold_notices_back() {
    let desk = Desk::new();
    desk.add("f-1", "high", &[]);
    desk.server.put("silences", silence("s-past", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"));
    desk.server.put("silences", silence("s-next", "2098-01-01T00:00:00Z", "2099-01-02T00:00:00Z"));
    desk.server.put("silences", silence("s-active", "2026-01-01T00:00:00Z", "2099-01-02T00:00:00Z"));
    let page = desk.get("/desk/silences", &desk.sign_in("ana devops").await).await.text;
    let at = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text}: {page}"));
    assert!(at("motivo s-active") < at("motivo s-next") && at("motivo s-next") < at("motivo s-past"));
    assert!(page.contains("Retém os avisos de 1 ocorrência:") && page.contains("f-1 não está"), "{page}");
    assert!(page.contains("/desk/silences/s-active/end") && page.contains("/desk/silences/s-next/end"));
    assert!(!page.contains("/desk/silences/s-past/end"));
}

#[tokio::test]
async fn a_silence_is_made_by_its_form_once_and_ended() {
    let desk = Desk::new();
    let ana = desk.sign_in("ana devops").await;
    let csrf = desk.csrf(&ana).await;
    let body = format!(
        "csrf={csrf}&once=abc&scenario=desk.api.health&scenario-op=%3D&key=11.*&key-op=%3D~&agent=&severity=high&from=&duration=2h&until=&reason=troca&return=/desk/silences"
    );
    for _ in 0..2 {
        let answer = desk.post("/desk/silences", &ana, &body).await;
        let is_made = answer.status == 303 && answer.location().starts_with("/desk/silences?done=made");
        assert!(is_made, "{} {}", answer.location(), answer.text);
    }
    let made = desk.server.cluster(|cluster| {
        let silences = cluster.objects.iter().filter(|((plural, _), _)| plural == "silences");
        silences.map(|(_, object)| object.clone()).collect::<Vec<_>>()
    });
    assert_eq!(made.len(), 1, "{made:?}");
    let expected = json!([{"name": "scenario", "op": "=", "value": "desk.api.health"},
        {"name": "key", "op": "=~", "value": "11.*"}, {"name": "severity", "op": "=", "value": "high"}]);
    assert_eq!((&made[0]["spec"]["matchers"], &made[0]["spec"]["author"]), (&expected, &json!("ana")));
    let name = made[0]["metadata"]["name"].as_str().unwrap();
    desk.server.put("silences", made[0].clone());
    let page = desk.get(&format!("/desk/silences?done=made&id={name}"), &ana).await.text;
    assert!(page.contains("Silêncio criado: Cenário é <code>desk.api.health</code>, "), "{page}");
    let end = format!("csrf={csrf}&return=/desk/silences");
    let answer = desk.post(&format!("/desk/silences/{name}/end"), &ana, &end).await;
    assert_eq!((answer.status, answer.location()), (303, "/desk/silences?done=ended"), "{}", answer.text);
    let verbs: Vec<_> = desk.server.actions().iter().map(|action| action["spec"]["verb"].clone()).collect();
    assert!(verbs.contains(&json!("silence")) && verbs.contains(&json!("end-silence")), "{verbs:?}");
}

#[tokio::test]
async fn what_is_wrong_with_a_new_silence_is_told_beside_what_was_filled_in() {
    let desk = Desk::new();
    let ana = desk.sign_in("ana devops").await;
    let csrf = desk.csrf(&ana).await;
    for (fields, expected) in [
        ("reason=troca&duration=2h", "Condições: preencha ao menos uma condição"),
        ("scenario=.*&scenario-op=%3D~&reason=troca&duration=2h", "todas as condições aceitam o texto vazio"),
        ("scenario=s&reason=+&duration=2h", "Motivo: tem 0 caracteres"),
        ("scenario=s&reason=troca&until=2020-01-01T00:00", "Fim: "),
        ("scenario=s&reason=troca&until=amanha", "não é uma data com hora"),
        ("scenario=s&reason=troca&duration=2x", "Por: "),
    ] {
        let answer = desk.post("/desk/silences", &ana, &format!("csrf={csrf}&{fields}")).await;
        assert_eq!(answer.status, 422, "{fields}: {}", answer.text);
        assert!(answer.text.contains(expected) && answer.text.contains("role=\"alert\""), "{fields}: {}", answer.text);
        assert!(fields.starts_with("scenario=.*") == answer.text.contains("value=\".*\""), "{fields}");
    }
    assert_eq!(desk.post("/desk/silences/maintenance", &ana, &format!("csrf={csrf}&what=")).await.status, 422);
    assert!(desk.server.actions().is_empty());
}

#[tokio::test]
async fn a_maintenance_is_one_click() {
    let desk = Desk::new();
    let ana = desk.sign_in("ana devops").await;
    let csrf = desk.csrf(&ana).await;
    for (field, property) in
        [("what=scenario:desk.api.health", "scenario"), ("agent=pulso", "agent"), ("scenario=a.b", "scenario")]
    {
        let body = format!("csrf={csrf}&{field}&return=/desk/agents");
        let answer = desk.post("/desk/silences/maintenance", &ana, &body).await;
        let is_made = answer.status == 303 && answer.location().starts_with("/desk/agents?done=made&id=");
        assert!(is_made, "{field}: {} {}", answer.location(), answer.text);
        let made = desk.server.cluster(|cluster| {
            let mut silences: Vec<_> = cluster.objects.iter().filter(|((plural, _), _)| plural == "silences").collect();
            silences.sort_by_key(|(_, object)| object["metadata"]["uid"].to_string());
            silences.iter().any(|(_, object)| object["spec"]["matchers"][0]["name"] == property)
        });
        assert!(made, "{field}");
    }
}

#[tokio::test]
async fn the_handover_tells_the_shift_also_as_text() {
    let desk = Desk::new();
    desk.add("f-old", "high", &[]);
    desk.server.put("silences", silence("s-active", "2026-01-01T00:00:00Z", "2099-01-02T00:00:00Z"));
    let ana = desk.sign_in("ana devops").await;
    // Opened long before the shift: it is still open, and did not happen in it.
    let page = desk.get("/desk/handover", &ana).await.text;
    assert!(page.contains("Nenhuma ocorrência abriu, nenhuma foi resolvida, 1 continua em aberto."), "{page}");
    assert!(page.contains("f-old não está") && page.contains("motivo s-active"), "{page}");
    let text = desk.get("/desk/handover.txt", &ana).await;
    assert!(text.headers["content-type"].to_str().unwrap().starts_with("text/plain"));
    for part in
        ["O QUE CONTINUA EM ABERTO\n- [Alta] f-old não está em execução (", "ninguém reconheceu", "motivo s-active"]
    {
        assert!(text.text.contains(part), "{part}: {}", text.text);
    }
    let status = json!({"phase": "Resolved", "severity": "low", "title": "T", "message": "f-new passou", "occurrences": 1,
        "openedAt": (jiff::Timestamp::now() - jiff::SignedDuration::from_hours(2)).to_string(),
        "resolvedAt": (jiff::Timestamp::now() - jiff::SignedDuration::from_hours(1)).to_string()});
    desk.server.add_finding("f-new", status);
    let spec = json!({"verb": "acknowledge", "subject": {"kind": "Finding", "name": "f-old"},
        "actor": {"name": "rui", "roles": ["devops"], "via": "rest"}, "parameters": {"note": "espero\no técnico"}});
    let mut acknowledged = object("Action", "a-1", spec, json!({"result": "done"}));
    acknowledged["metadata"]["creationTimestamp"] = json!(jiff::Timestamp::now().to_string());
    acknowledged["metadata"]["annotations"] = json!({"agentic.ligbox.io/recorded-by": "facade"});
    desk.server.put("actions", acknowledged);
    let mut of_one = silence("s-one", "2026-01-01T00:00:00Z", "2099-01-02T00:00:00Z");
    of_one["spec"]["matchers"] =
        json!([{"name": "scenario", "op": "=", "value": "desk.api.health"}, {"name": "key", "op": "=", "value": ""}]);
    desk.server.put("silences", of_one);
    let text = desk.get("/desk/handover.txt?hours=4", &ana).await.text;
    for part in
        ["rui reconheceu a ocorrência: f-old", ": “espero o técnico”", "(Cenário é desk.api.health, sem item; até "]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    // What is not told does not count, however much of it came later.
    for number in 0..250 {
        let name = format!("chat-{number}");
        let spec = json!({"verb": "chat", "subject": {"kind": "Thread", "name": "t"},
            "actor": {"name": "rui", "roles": ["devops"], "via": "rest"}});
        let mut chat = object("Action", &name, spec, json!({"result": "done"}));
        let later = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(1);
        chat["metadata"]["creationTimestamp"] = json!(later.to_string());
        desk.server.put("actions", chat);
    }
    assert!(desk.get("/desk/handover.txt?hours=4", &ana).await.text.contains("espero o técnico"));
    let page = desk.get("/desk/handover?hours=4", &ana).await.text;
    assert!(page.contains("1 ocorrência abriu, 1 foi resolvida, 1 continua em aberto."), "{page}");
    assert!(desk.get("/desk/handover?hours=5", &ana).await.text.contains("últimas 5 h"));
    for wrong in ["since=2020-01-01T00:00", "since=2099-01-01T00:00", "since=x", "hours=0", "hours=745", "hours=99999"]
    {
        assert_eq!(desk.get(&format!("/desk/handover?{wrong}"), &ana).await.status, 400, "{wrong}");
    }
}

#[tokio::test]
async fn only_who_may_run_can_measure_the_model_and_others_are_told_whom_to_ask() {
    let desk = Desk::new();
    let (ana, rui) = (desk.sign_in("ana technician").await, desk.sign_in("rui super_admin").await);
    let page = desk.get("/desk/model", &ana).await.text;
    assert!(page.contains("O modelo local não é usado"), "{page}");
    let post = |cookie: String, csrf: String| {
        let desk = &desk;
        async move { desk.post("/desk/model", &cookie, &format!("csrf={csrf}")).await.status }
    };
    assert_eq!(post(ana.clone(), desk.csrf(&ana).await).await, 403);
    assert_eq!(post(rui.clone(), desk.csrf(&rui).await).await, 303);
}
