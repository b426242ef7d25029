//! The board and the page of a Scenario.

use super::*;
use crate::api::Channel;
use crate::controllers::channel_states::ChannelStanding;
use crate::domain::history::record::Record;
use crate::domain::history::{Hour, Mark, PastReading, Tally};

/// A history in which each Scenario failed in one hour of the day before.
struct Yesterday;

fn failed_hour() -> Hour {
    Hour::of(Timestamp::now()).plus(-24)
}

impl HistoryReader for Yesterday {
    fn own(&self, query: HistoryQuery) -> BoxFuture<'static, Records> {
        let reading = |mark| PastReading { at: query.now, mark, latency: Duration::from_millis(84) };
        let mut record = Record { last: vec![reading(Mark::Pass), reading(Mark::Fail)], ..Record::default() };
        record.past.add(failed_hour(), Tally { pass: 30, fail: 30, ..Tally::default() });
        record.past.add(failed_hour().plus(24), Tally { pass: 40, ..Tally::default() });
        let records = query.scenarios.iter().map(|_| record.clone()).collect();
        async move { Ok(records) }.boxed()
    }
}

impl Desk {
    fn add_scenario(&self, name: &str, state: &str, health: &str) {
        let headers = json!([{"name": "Authorization", "value": "Bearer hunter2hunter2"}]);
        let spec = json!({"title": format!("Título <b>{name}</b>"), "agent": "pulso", "severity": "high", "interval": "1m",
            "probes": [{"name": "web", "http": {"url": "http://a.test", "headers": headers}}],
            "checks": [{"name": "status", "expect": "probes.web.status == 200"}]});
        let condition = json!({"type": "Healthy", "status": "False", "reason": "R", "message": "por que não",
            "lastTransitionTime": "2026-01-01T00:00:00Z"});
        let status = json!({"state": state, "health": health, "conditions": [condition]});
        self.server.put("scenarios", object("Scenario", name, spec, status));
    }
}

#[tokio::test]
async fn the_board_counts_in_a_sentence_and_its_counts_are_filters() {
    let desk = Desk::with_history(Arc::new(Yesterday));
    let ana = desk.sign_in("ana devops").await;
    assert!(desk.get("/desk/board", &ana).await.text.contains("Nenhum cenário ainda."));
    for (name, state, health) in [
        ("a.ok", "ready", "healthy"),
        ("b.bad", "ready", "failing"),
        ("c.late", "late", "unknown"),
        ("d.off", "suspended", "unknown"),
    ] {
        desk.add_scenario(name, state, health);
    }
    let page = desk.get("/desk/board", &ana).await;
    assert_eq!(page.status, 200);
    let text = page.text;
    assert!(text.contains("<h1>Um de quatro cenários falha, e um não se vê.</h1>"), "{text}");
    assert!(text.contains("aria-label=\"1 boa, depois 1 falha\"") && text.contains("84 ms"), "{text}");
    // 70 passes and 30 failures, rounded down.
    assert!(text.contains("70,00") && text.contains("por que não"), "{text}");
    assert!(!text.contains("<b>a.ok") && !text.contains(" style=") && !text.contains("onclick"), "{text}");
    let rows = |text: &str| text.matches("id=\"s-").count();
    assert_eq!(rows(&text), 4);
    for (query, expected) in
        [("state=failing", 1), ("state=healthy", 1), ("q=late", 1), ("agent=pulso", 4), ("q=none", 0)]
    {
        assert_eq!(rows(&desk.get(&format!("/desk/board?{query}"), &ana).await.text), expected, "{query}");
    }
    let wrong = desk.get("/desk/board?state=broken", &ana).await;
    assert!(wrong.status == 400 && wrong.text.contains("“state=broken” não é aceito aqui"), "{}", wrong.text);
    let print = desk.get("/desk/board?print=1", &ana).await.text;
    assert!(print.contains("<table") && !print.contains("class=\"bar\""), "{print}");
    assert_eq!(desk.get("/desk/board", "").await.status, 303);
}

#[tokio::test]
async fn a_long_board_is_bounded_and_shows_the_worst_of_each_agent() {
    let desk = Desk::with_history(Arc::new(Yesterday));
    for number in 0..1000 {
        let health = if number == 999 { "failing" } else { "healthy" };
        desk.add_scenario(&format!("s.{number:04}"), "ready", health);
    }
    let ana = desk.sign_in("ana devops").await;
    let page = desk.get("/desk/board", &ana).await.text;
    assert!(page.contains("id=\"s-s.0999\"") && page.contains("mais 940 cenários"), "{page}");
    assert!(page.len() < 100 << 10, "{} bytes", page.len());
    let last = desk.get("/desk/board?agent=pulso&page=17", &ana).await.text;
    assert!(last.contains("Página 17 de 17") && last.contains("id=\"s-s.0998\""), "{last}");
}

#[tokio::test]
async fn a_page_without_a_history_says_why_and_shows_the_rest() {
    let desk = Desk::new();
    desk.add_scenario("a.ok", "ready", "healthy");
    let ana = desk.sign_in("ana devops").await;
    for path in ["/desk/board", "/desk/scenarios/a.ok"] {
        let text = desk.get(path, &ana).await.text;
        assert!(text.contains("O histórico não é guardado") && text.contains("a.ok"), "{path}: {text}");
    }
    assert_eq!(desk.get("/desk/scenarios/none", &ana).await.status, 404);
}

#[tokio::test]
async fn the_page_of_a_scenario_shows_its_spec_without_credentials() {
    let desk = Desk::with_history(Arc::new(Yesterday));
    desk.add_scenario("a.ok", "ready", "healthy");
    let ana = desk.sign_in("ana devops").await;
    let text = desk.get("/desk/scenarios/a.ok", &ana).await.text;
    assert!(text.contains("probes.web.status == 200") && text.contains("kind: Scenario"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
    assert!(text.contains("30 falhas") && text.contains("Foi manutenção"), "{text}");
    assert!(!text.contains("Verificar agora"), "without a role that may run");
    let english = desk.get("/desk/scenarios/a.ok", &format!("{ana}; desk-language=en")).await.text;
    assert!(english.contains("Availability") && english.contains("30 failures"), "{english}");
}

#[tokio::test]
async fn past_downtime_becomes_maintenance_by_an_action_and_back() {
    let desk = Desk::with_history(Arc::new(Yesterday));
    desk.add_scenario("a.ok", "ready", "healthy");
    let ana = desk.sign_in("ana devops").await;
    let csrf = desk.csrf(&ana).await;
    let (from, until) = (failed_hour().0, failed_hour().0 + 1);
    let send = async |fields: String| {
        let body = format!("csrf={csrf}&from={from}&return=/desk/scenarios/a.ok&{fields}");
        desk.post("/desk/scenarios/a.ok/reclassify", &ana, &body).await
    };
    let refused = send(format!("until={until}&as=maintenance&reason=")).await;
    assert!(refused.status == 422 && refused.text.contains("diga o motivo"), "{}", refused.text);
    let refused = send(format!("until={from}&as=maintenance&reason=disco")).await;
    assert!(refused.status == 422 && refused.text.contains("terminar depois de começar"), "{}", refused.text);
    assert!(desk.server.actions().is_empty());
    let done = send(format!("until={until}&as=maintenance&reason=troca+de+disco")).await;
    assert_eq!((done.status, done.location()), (303, "/desk/scenarios/a.ok?done=reclassified"), "{}", done.text);
    let action = desk.server.actions().remove(0);
    let expected = json!({"verb": "reclassify", "name": "a.ok", "as": "maintenance", "reason": "troca de disco", "result": "done"});
    let said = json!({"verb": action["spec"]["verb"], "name": action["spec"]["subject"]["name"],
        "as": action["spec"]["parameters"]["as"], "reason": action["spec"]["parameters"]["reason"],
        "result": action["status"]["result"]});
    assert_eq!(said, expected);
    // The watch of Actions brings it into the cache.
    desk.server.put("actions", action);
    let text = desk.get("/desk/scenarios/a.ok", &ana).await.text;
    assert!(text.contains("Desfazer") && !text.contains("70,00"), "{text}");
    let begun = Hour::of(Timestamp::now());
    let body = format!("csrf={csrf}&from={}&until={}&as=maintenance&reason=x", begun.0, begun.0 + 1);
    let of_now = desk.post("/desk/scenarios/a.ok/reclassify", &ana, &body).await;
    assert_eq!(of_now.status, 303, "of the current hour, what is over: {}", of_now.text);
    let back = send(format!("until={until}&as=downtime")).await;
    assert_eq!(back.status, 303, "{}", back.text);
}

#[tokio::test]
async fn another_replica_gets_the_history_with_a_token_alone() {
    let desk = Desk::with_history(Arc::new(Yesterday));
    let ask = |token: &str, body: Value| {
        let request = Request::post(super::super::HISTORY_PATH).header("content-type", "application/json");
        let request = request.header("authorization", format!("Bearer {token}")).header("host", HOST);
        desk.app.clone().oneshot(request.body(Body::from(body.to_string())).unwrap())
    };
    let body = |count: usize, most: usize| json!({"scenarios": vec!["a.ok"; count], "most": most});
    assert_eq!(ask("nonsense", body(1, 48)).await.unwrap().status(), 401);
    let told = ask("agentic-ops technician", body(2, 48)).await.unwrap();
    assert_eq!(told.status(), 200);
    let bytes = to_bytes(told.into_body(), 1 << 20).await.unwrap();
    let sent: Vec<crate::domain::history::record::Sent> = serde_json::from_slice(&bytes).unwrap();
    let record = Record::received(sent[1].clone(), 48);
    assert_eq!((sent.len(), record.last.len(), record.past.hours.len()), (2, 2, 2));
    for (count, most) in [(301, 1), (300, 9000)] {
        assert_eq!(ask("agentic-ops technician", body(count, most)).await.unwrap().status(), 422, "{count} {most}");
    }
}

/// Not a test of time: prints what pages cost with ten thousand Scenarios. Run it alone.
#[tokio::test]
#[ignore = "a measurement"]
async fn cost_of_a_board_of_ten_thousand() {
    let desk = Desk::with_history(Arc::new(Yesterday));
    for number in 0..10_000 {
        desk.add_scenario(&format!("s.{number:05}"), "ready", if number % 9 == 0 { "failing" } else { "healthy" });
    }
    let ana = desk.sign_in("ana devops").await;
    for path in ["/desk/board", "/desk/board?agent=pulso&page=9", "/desk/scenarios/s.00001", "/desk/round"] {
        desk.get(path, &ana).await;
        let begun = Instant::now();
        let size = desk.get(path, &ana).await.text.len();
        println!("{path}: {:?}, {size} bytes", begun.elapsed());
    }
}

#[tokio::test]
async fn every_page_says_which_channel_of_notices_is_down() {
    let desk = Desk::new();
    let of = |channel, is_down| ChannelState {
        channel,
        standing: ChannelStanding::Failing,
        since: "2026-01-02T03:04:05Z".parse().ok(),
        last_error: Some("connection refused".into()),
        is_down,
    };
    *desk.operator.channels.lock().unwrap() = Some(vec![of(Channel::Mail, true), of(Channel::Ntfy, false)]);
    let ana = desk.sign_in("ana devops").await;
    let inbox = desk.get("/desk", &ana).await.text;
    assert!(
        inbox.contains("bar__watch--off") && inbox.contains("<b>E-mail: nenhum aviso sai desde 02/01 03:04</b>"),
        "{inbox}"
    );
    assert!(!inbox.contains("ntfy: nenhum"), "{inbox}");
    let board = desk.get("/desk/board", &ana).await.text;
    assert!(
        board.contains("role=\"alert\"") && board.contains("Os avisos são tentados de novo por 24 horas"),
        "{board}"
    );
    let english = desk.get("/desk/round", &format!("{ana}; desk-language=en")).await.text;
    assert!(english.contains("Mail: no notice has left since"), "{english}");
}
