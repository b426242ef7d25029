//! The context window: who works on a Finding and who else looks, what changed, what fixed it, and runbooks at what is quoted.

use super::{Desk, object};
use crate::api::AnswerPhase;
use serde_json::{Value, json};

const EXCERPT: &str = "ok: true\nerror: \"\"\nstatus: 200\njson: {\n  \"data\": [\n    {\n      \"id\": \"qemu/112\",\n      \"status\": \"STATE\",\n      \"vmid\": 112\n    }\n  ]\n}";

fn snapshot(state: &str, at: &str) -> Value {
    json!({"at": at, "readings": [{"probe": "vms", "reading": EXCERPT.replace("STATE", state)}]})
}

/// A Finding with evidence, and its Thread.
fn with_evidence(desk: &Desk, name: &str, change: &Value) {
    desk.add(name, "critical", &[]);
    let mut status = json!({"phase": "Open", "severity": "critical", "agent": "pulso", "title": "Cluster Proxmox",
        "message": "VM 112 não está em execução", "occurrences": 2, "openedAt": "2026-01-02T03:04:05Z",
        "thread": format!("{name}-t"), "runbook": {"spec": "proxmox-cluster", "section": "Como reparar"},
        "evidence": {"expression": "probes.vms.json.data.exists(v, string(v.vmid) == item && v.status == \"running\")",
            "values": [{"path": "item", "value": "\"112\""}], "show": "{\"vmid\": 112, \"status\": \"stopped\"}",
            "failing": snapshot("stopped", "2026-01-02T03:04:05Z"), "lastGood": snapshot("running", "2026-01-02T03:00:00Z")},
        "transitions": [
            {"at": "2026-01-01T00:00:00Z", "to": "Open", "reason": "Opened", "message": "VM 112 não está em execução"},
            {"at": "2026-01-01T00:34:00Z", "to": "Resolved", "reason": "Recovered"},
            {"at": "2026-01-02T03:04:05Z", "to": "Open", "reason": "Reopened", "message": "VM 112 não está em execução"}]});
    json_patch::merge(&mut status, change);
    desk.server.add_finding(name, status);
}

#[tokio::test(start_paused = true)]
async fn a_finding_is_taken_over_from_the_owner_that_was_shown_and_released_by_that_one() {
    let desk = Desk::new();
    desk.add("f-1", "critical", &["devops"]);
    let (ana, rui) = (desk.sign_in("ana devops").await, desk.sign_in("rui devops").await);
    let page = desk.get("/desk/findings/f-1", &ana).await.text;
    assert!(page.contains("Ninguém assumiu.") && page.contains("id=\"take-over\"") && !page.contains("id=\"release\""));
    let form = |csrf: &str, from: &str| format!("csrf={csrf}&from={from}&return=/desk/findings/f-1");
    let (of_ana, of_rui) = (desk.csrf(&ana).await, desk.csrf(&rui).await);
    let taken = desk.post("/desk/findings/f-1/owner", &ana, &form(&of_ana, "")).await;
    assert_eq!((taken.status, taken.location()), (303, "/desk/findings/f-1"), "{}", taken.text);
    // Rui still sees that nobody has it.
    let late = desk.post("/desk/findings/f-1/owner", &rui, &form(&of_rui, "")).await;
    assert!(late.status == 409 && late.text.contains("ao mesmo tempo"), "{}", late.text);
    // As the operator records it.
    let owner = json!({"by": "ana", "at": "2026-01-02T03:08:00Z", "occurrence": 1, "proven": true});
    let status = json!({"phase": "Open", "severity": "critical", "agent": "pulso", "message": "parou", "occurrences": 1,
        "openedAt": "2026-01-02T03:04:05Z", "thread": "f-1-t", "owner": owner});
    desk.server.add_finding("f-1", status);
    let page = desk.get("/desk/findings/f-1", &ana).await.text;
    assert!(
        page.contains("Com ana") && page.contains("id=\"release\"") && !page.contains("id=\"take-over\""),
        "{page}"
    );
    let page = desk.get("/desk/findings/f-1", &rui).await.text;
    assert!(page.contains("Assumir de ana") && page.contains("name=\"from\" value=\"ana\""), "{page}");
    assert!(
        desk.get("/desk", &rui).await.text.contains("<span class=\"item__o\">ana</span>"),
        "the inbox says it, too"
    );
    let verbs: Vec<Value> = desk.server.actions().iter().map(|action| action["spec"]["verb"].clone()).collect();
    assert_eq!(verbs, ["take-over", "take-over"]);
}

#[tokio::test]
async fn the_window_shows_what_changed_and_the_part_of_the_condition_that_was_false() {
    let desk = Desk::new();
    with_evidence(&desk, "f-1", &json!({}));
    desk.server.put(
        "scenarios",
        object(
            "Scenario",
            "desk.api.health",
            json!({"title": "API", "agent": "pulso", "severity": "low",
        "probes": [], "dependsOn": ["net"]}),
            json!({}),
        ),
    );
    desk.server.put(
        "scenarios",
        object(
            "Scenario",
            "net",
            json!({"title": "Rede", "agent": "pulso", "severity": "low",
        "probes": []}),
            json!({"health": "healthy"}),
        ),
    );
    desk.server.put(
        "scenarios",
        object(
            "Scenario",
            "shop",
            json!({"title": "Loja", "agent": "pulso", "severity": "low",
        "probes": [], "dependsOn": ["desk.api.health"]}),
            json!({"health": "failing"}),
        ),
    );
    let page = desk.get("/desk/findings/f-1", &desk.sign_in("ana devops").await).await.text;
    for part in [
        "<del>running</del>",
        "<ins>stopped</ins>",
        "<mark>v.status == &quot;running&quot;</mark>",
        "campos iguais",
        "durou 34 min",
        "O que depende disto",
        "Loja",
        "Depende de",
        "Rede",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_resolved_finding_asks_what_fixed_it_once_and_offers_it_for_the_runbook() {
    let desk = Desk::new();
    let ended = json!({"phase": "Resolved", "resolvedAt": "2026-01-02T04:00:00Z", "transitions": [
        {"at": "2026-01-02T03:04:05Z", "to": "Open", "reason": "Opened", "message": "VM 112 não está em execução"},
        {"at": "2026-01-02T04:00:00Z", "to": "Resolved", "reason": "Recovered"}]});
    with_evidence(&desk, "f-1", &json!({}));
    let ana = desk.sign_in("ana devops").await;
    let open = desk.get("/desk/threads/f-1-t", &ana).await.text;
    assert!(!open.contains("id=\"explain\"") && open.contains("id=\"fixed-place\""), "{open}");
    with_evidence(&desk, "f-1", &ended);
    let page = desk.get("/desk/threads/f-1-t", &ana).await.text;
    assert!(
        page.contains("O que resolveu?") && page.contains("id=\"explain\"") && !page.contains("id=\"take-over\""),
        "{page}"
    );
    let body = format!("csrf={}&body=ack+o+disco+encheu&once=k&return=/desk/threads/f-1-t", desk.csrf(&ana).await);
    for _ in 0..2 {
        let answer = desk.post("/desk/findings/f-1/resolution", &ana, &body).await;
        assert_eq!((answer.status, answer.location()), (303, "/desk/threads/f-1-t"), "{}", answer.text);
    }
    let actions = desk.server.actions();
    assert_eq!((actions.len(), &actions[0]["spec"]["verb"]), (1, &json!("explain")));
    let page = desk.get("/desk/threads/f-1-t", &ana).await.text;
    assert!(
        page.contains("ack o disco encheu") && page.contains("msg--fixed") && !page.contains("id=\"explain\""),
        "{page}"
    );
    let link = page.split("href=\"").find(|rest| rest.starts_with("/desk/messages/")).unwrap();
    let file = desk.get(link.split('"').next().unwrap(), &ana).await;
    assert_eq!((file.status, file.headers["content-type"].to_str().unwrap()), (200, "text/markdown; charset=utf-8"));
    let named = file.headers["content-disposition"].to_str().unwrap();
    assert!(named.starts_with("attachment; filename=\"proxmox-cluster-acrescimo-"), "{named}");
    assert!(
        file.text.contains("### VM 112 não está em execução") && file.text.contains("  ack o disco encheu"),
        "{}",
        file.text
    );
    assert!(file.text.contains("Como reparar") && file.text.contains("55 min"), "{}", file.text);
    // Any other Message is none.
    assert_eq!(desk.get("/desk/messages/f-1-m/addition", &ana).await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn a_run_answers_in_place_where_the_script_asks() {
    let desk = Desk::new();
    desk.add("f-1", "critical", &[]);
    desk.server.add_scenario("desk.api.health", false, "True");
    let lead = desk.sign_in("ana ops_lead").await;
    let body = format!("csrf={}&return=/desk/findings/f-1", desk.csrf(&lead).await);
    let answer = desk.post_as_script("/desk/findings/f-1/run", &lead, &body).await;
    assert!(answer.status == 200 && answer.text.starts_with("<div class=\"ran\" id=\"ran\""), "{}", answer.text);
    assert!(
        answer.text.contains("Verificando") && answer.text.contains("/desk/findings/f-1/run?at="),
        "{}",
        answer.text
    );
    let seo = desk.sign_in("rui seo").await;
    let body = format!("csrf={}", desk.csrf(&seo).await);
    let refused = desk.post_as_script("/desk/findings/f-1/run", &seo, &body).await;
    assert!(refused.status == 200 && refused.text.contains("role=\"alert\""), "{}", refused.text);
    assert!(desk.get("/desk/findings/f-1/run?at=x", &lead).await.text.contains("id=\"ran\""));
}

#[tokio::test]
async fn the_longest_reply_fits_and_what_is_wrong_with_another_is_said_in_the_language_of_the_reader() {
    let desk = Desk::new();
    desk.add("f-1", "critical", &[]);
    let ana = desk.sign_in("ana devops").await;
    let csrf = desk.csrf(&ana).await;
    let form = |text: &str| format!("csrf={csrf}&return=/desk/findings/f-1&once=a1&body={text}");
    let longest = desk.post("/desk/threads/f-1-t/reply", &ana, &form(&"%C3%A7".repeat(16_384))).await;
    assert_eq!(longest.status, 303, "{}", longest.text);
    for (path, body, said) in [
        ("/desk/threads/f-1-t/reply", form("+"), "Mensagem: está em branco, deve ter de 1 a 16384 caracteres"),
        (
            "/desk/findings/f-1/acknowledge",
            format!("csrf={csrf}&note={}", "%C3%A7".repeat(600)),
            "Nota: 1200 bytes, no máximo 1024",
        ),
        (
            "/desk/findings/f-1/silence",
            format!("csrf={csrf}&duration=abc&reason=x"),
            "Duração: &quot;abc&quot; não é uma duração",
        ),
    ] {
        let answer = desk.post(path, &ana, &body).await;
        assert!(answer.status == 422 && answer.text.contains(said), "{path}: {} {}", answer.status, answer.text);
    }
}

#[tokio::test]
async fn others_who_look_or_reply_are_named_while_their_stream_is_open() {
    let desk = Desk::new();
    desk.add("f-1", "critical", &[]);
    let (ana, davi) = (desk.sign_in("ana devops").await, desk.sign_in("davi devops").await);
    desk.get("/desk/threads/f-1-t", &davi).await;
    assert!(!desk.get("/desk/present/f-1", &ana).await.text.contains("davi"), "the page may be closed already");
    let stream = desk.open_stream(&davi).await;
    assert!(desk.get("/desk/present/f-1", &ana).await.text.contains("davi também está olhando."));
    assert!(desk.get("/desk/findings/f-1", &ana).await.text.contains("davi também está olhando."));
    assert!(!desk.get("/desk/present/f-1", &davi).await.text.contains("davi"), "not oneself");
    let csrf = desk.csrf(&davi).await;
    desk.get("/desk/threads/f-1-t", &davi).await;
    let told = desk.post("/desk/present/f-1/replying", &davi, &format!("csrf={csrf}")).await;
    assert_eq!(told.status, 204, "{}", told.text);
    assert!(desk.get("/desk/present/f-1", &ana).await.text.contains("davi está respondendo."));
    assert_eq!(desk.post("/desk/present/f-1/replying", &davi, "").await.status, 403);
    assert_eq!(desk.get("/desk/present/UPPER", &ana).await.status, 404);
    drop(stream);
}

#[tokio::test]
async fn a_runbook_opens_at_the_section_and_at_what_is_quoted() {
    let desk = Desk::with_runbooks(concat!(env!("CARGO_MANIFEST_DIR"), "/specs"));
    let ana = desk.sign_in("ana devops").await;
    let page = desk.get("/desk/runbooks/proxmox-cluster?section=Como+reparar", &ana).await.text;
    assert!(page.contains("<h2 id=\"here\">Como reparar</h2>") && page.contains("<h2>Sintomas</h2>"), "{page}");
    let quoted = desk
        .get("/desk/runbooks/proxmox-cluster?section=Sintomas&quote=o+cluster+perdeu+o+qu%C3%B3rum", &ana)
        .await
        .text;
    assert!(quoted.contains("<mark id=\"here\">o cluster perdeu o quórum</mark>"), "{quoted}");
    let lost = desk.get("/desk/runbooks/proxmox-cluster?quote=isto+nunca+esteve+aqui", &ana).await.text;
    assert!(lost.contains("não está mais neste runbook"), "{lost}");
    for missing in ["none", "../Cargo", "a/../b"] {
        assert_eq!(desk.get(&format!("/desk/runbooks/{missing}"), &ana).await.status, 404, "{missing}");
    }
    let guest = desk.get("/desk/runbooks/proxmox-cluster", "").await;
    assert_eq!(guest.status, 303);
    // A citation leads there, and the words of the model stay text.
    desk.add("f-1", "critical", &[]);
    let spec = json!({"thread": "f-1-t", "author": {"kind": "agent", "name": "pulso"}, "body": "**Ligue** a VM", "tier": "T1",
        "grounded": true, "citations": [{"spec": "proxmox-cluster", "section": "Como reparar", "quote": "qm start 112"}]});
    let mut answer = object("Message", "t1", spec, json!({"sequence": 9}));
    answer["metadata"]["annotations"] = json!({"agentic.ligbox.io/recorded-by": "operator"});
    desk.server.put("messages", answer);
    let page = desk.get("/desk/threads/f-1-t", &ana).await.text;
    assert!(page.contains("/desk/runbooks/proxmox-cluster?section=Como+reparar&amp;quote=qm+start+112#here"), "{page}");
    assert!(page.contains("**Ligue** a VM"), "{page}");
}

/// A Message in the Thread of `f-1`, at a place in it.
fn message(desk: &Desk, name: &str, place: u32, change: &Value) {
    let mut spec = json!({"thread": "f-1-t", "author": {"kind": "agent", "name": "pulso"}, "body": name});
    json_patch::merge(&mut spec, change);
    let status = json!({"sequence": place, "answer": spec["answer"].take()});
    let mut of = object("Message", name, spec, status);
    of["spec"].as_object_mut().unwrap().remove("answer");
    desk.server.put("messages", of);
}

#[tokio::test]
async fn a_question_that_waits_says_its_place_or_since_when_the_model_is_away() {
    let desk = Desk::new();
    desk.add("f-1", "critical", &[]);
    let answer = json!({"phase": "Queued", "position": 2, "since": "2026-01-02T03:04:06Z"});
    message(&desk, "q", 5, &json!({"author": {"kind": "person", "name": "ana"}, "answer": answer}));
    let ana = desk.sign_in("ana devops").await;
    let page = desk.get("/desk/threads/f-1-t", &ana).await.text;
    assert!(page.contains("espera a vez: 2º na fila") && !page.contains("não responde"), "{page}");
    desk.operator.away("2026-01-02T03:00:00Z");
    for path in ["/desk/threads/f-1-t", "/desk/chat?thread_id=f-1-t"] {
        let page = desk.get(path, &ana).await.text;
        let line = page.split("id=\"waiting\"").nth(1).unwrap().split("</p>").next().unwrap();
        assert!(line.contains("que não responde desde <time datetime=\"2026-01-02T03:00:00Z\""), "{line}");
        assert!(line.contains("href=\"/desk/model\"") && !line.contains("na fila"), "{line}");
    }
    let agents = desk.get("/desk/agents", &ana).await;
    assert_eq!(agents.status, 200);
}

#[tokio::test(start_paused = true)]
async fn advice_that_is_to_come_is_told_until_it_is_there() {
    let desk = Desk::new();
    let stored = |change: Value| {
        let mut advice = json!({"tier": "T0", "text": "Sem resposta do modelo local: x.\n\nRunbook:\n\nLigue.", "grounded": true,
            "at": "2026-01-02T03:04:07Z", "stale": false, "basis": {"evidence": "e", "runbooks": "r", "prompt": 1},
            "citations": [{"spec": "proxmox-cluster", "section": "Como reparar", "quote": "Ligue."}]});
        json_patch::merge(&mut advice, &change);
        with_evidence(&desk, "f-1", &json!({"advice": advice}));
    };
    let ana = desk.sign_in("ana devops").await;
    let waits = async || {
        let page = desk.get("/desk/threads/f-1-t", &ana).await.text;
        page.split("id=\"waiting\"").nth(1).unwrap().split("</div>").next().unwrap().to_string()
    };
    stored(json!({}));
    assert!(waits().await.contains("<b>O conselho</b> espera a vez"), "{}", waits().await);
    desk.operator.advises(AnswerPhase::Queued, Some(3));
    assert!(waits().await.contains("espera a vez: 3º na fila"), "{}", waits().await);
    desk.operator.advises(AnswerPhase::Writing, None);
    assert!(waits().await.contains("está sendo feito: escrevendo"), "{}", waits().await);
    *desk.operator.advice.lock().unwrap() = None;
    let page = desk.get("/desk/threads/f-1-t", &ana).await.text;
    assert!(
        page.contains("Um conselho do modelo local está a caminho.") && page.contains("#cabeca,#fixed-place,#waiting")
    );
    stored(json!({"reason": "ModelTooSlow"}));
    assert!(!waits().await.contains("O conselho"), "{}", waits().await);
    let page = desk.get("/desk/threads/f-1-t", &ana).await.text;
    assert!(page.contains("Sem resposta do modelo local: x.") && page.contains("section=Como+reparar"), "{page}");
    // A person asks: it is told from then on, also after the page is read again.
    let body = format!("csrf={}&return=/desk/threads/f-1-t", desk.csrf(&ana).await);
    let answer = desk.post("/desk/findings/f-1/advice", &ana, &body).await;
    assert_eq!((answer.status, answer.location()), (303, "/desk/threads/f-1-t"), "{}", answer.text);
    for _ in 0..2 {
        assert!(waits().await.contains("<b>O conselho</b> foi pedido"), "{}", waits().await);
    }
    desk.operator.away("2026-01-02T03:00:00Z");
    assert!(waits().await.contains("Ele vem quando o modelo voltar."), "{}", waits().await);
}

#[tokio::test]
async fn an_answer_names_its_question_where_another_stands_between_and_only_facts_are_called_so() {
    let desk = Desk::new();
    desk.add("f-1", "critical", &[]);
    let person = json!({"kind": "person", "name": "ana"});
    message(&desk, "q-1", 2, &json!({"author": person, "body": "status\n\nmais"}));
    message(&desk, "a-1", 3, &json!({"tier": "T0", "grounded": true, "inReplyTo": "q-1"}));
    message(&desk, "q-2", 4, &json!({"author": person, "body": "ajuda"}));
    message(&desk, "a-2", 5, &json!({"tier": "T0", "grounded": true, "inReplyTo": "q-2"}));
    message(&desk, "a-3", 6, &json!({"tier": "T0", "grounded": false, "inReplyTo": "q-1"}));
    message(&desk, "told", 7, &json!({"tier": "T0", "reason": "Escalated"}));
    let page = desk.get("/desk/threads/f-1-t", &desk.sign_in("ana devops").await).await.text;
    assert_eq!(page.matches("Em resposta a").count(), 1, "{page}");
    let of = |name: &str| page.split("<article").find(|part| part.contains(&format!("id=\"m-{name}\""))).unwrap();
    assert!(of("a-3").contains("<a href=\"#m-q-1\">“status”</a>"), "{}", of("a-3"));
    for (name, word) in [
        ("a-1", "T0, fato medido"),
        ("told", "T0, fato medido"),
        ("a-2", "T0, resposta do programa"),
        ("a-3", "T0, resposta do programa"),
    ] {
        assert!(of(name).contains(word), "{name}: {}", of(name));
    }
}
