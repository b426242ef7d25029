//! Mail: advice of the local model.

use super::{ANA, BIA, Site, ids, scenario, smtp_url, until_mails};
use crate::integration::advice::model::{Behaviour, StandIn};
use crate::integration::replicas::target::Target;
use crate::kit::mailpit::{Mailpit, Received};
use crate::kit::scratch::Scratch;
use agentic_ops::api::{Advice, Agent, NoticeKind, NoticeState, Tier};
use kube::Api;
use serde_json::{Value, json};

const QUOTE: &str = "Reinicie o serviço da loja com cuidado e confira a página inicial.";
const OF: (&str, &str) = ("shop", "web0");

/// An answer that quotes the runbook.
fn answer() -> Value {
    let step = |id| json!({"excerpt": id, "quote": QUOTE, "text": "Reinicie a loja com cuidado.", "command": ""});
    json!({"summary": "A loja não responde.", "causes": [], "steps": [step("E1"), step("E2"), step("E3")]})
}

/// The program with a mail server, a model server and a runbook, and a Scenario of an Agent that asks the model.
async fn start(name: &str, mailpit: &Mailpit, model: &StandIn, mails: &str) -> (Site, Target, Scratch) {
    let specs = Scratch::new(&format!("{name}-specs"));
    std::fs::write(specs.0.join("shop.md"), format!("# Loja\n\n## Como reparar\n\n{QUOTE}\n")).unwrap();
    let (smtp, url) = (smtp_url(mailpit.smtp), format!("http://{}", model.address));
    let settings = [
        ("SMTP_URL", smtp.as_str()),
        ("AGENTIC_GROUP_WAIT", "1s"),
        ("AGENTIC_ADVICE_MAIL", mails),
        ("AGENTIC_LLM_ENABLED", "true"),
        ("AGENTIC_LLM_MODEL", crate::integration::advice::model::NAME),
        ("AGENTIC_EMBED_MODEL", ""),
        ("OLLAMA_BASE_URL", &url),
        ("AGENTIC_SPECS_ROOT", specs.0.to_str().unwrap()),
    ];
    let site = Site::start(name, &settings).await;
    let agent = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Agent", "metadata": {"name": "vigia"},
        "spec": {"displayName": "Vigia", "codename": "shop", "tier": "T1"}});
    let agents: Api<Agent> = site.running.api();
    agents.create(&Default::default(), &serde_json::from_value(agent).unwrap()).await.unwrap();
    let target = Target::start().await;
    target.set(false);
    let mut object = scenario(OF.0, "high", &[&target.url]);
    object["spec"]["agent"] = json!("vigia");
    object["spec"]["runbook"] = json!({"spec": "shop"});
    site.watch(&object).await;
    (site, target, specs)
}

fn mail<'a>(mails: &'a [Received], kind: &str, to: &str) -> &'a Received {
    let is_it = |mail: &&Received| {
        mail.content["To"][0]["Address"] == to && mail.header("Message-Id").starts_with(&format!("<{kind}."))
    };
    mails.iter().find(is_it).unwrap_or_else(|| panic!("{kind} to {to}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn advice_of_the_model_follows_the_opening_to_those_who_were_told_of_it() {
    let mailpit = Mailpit::start(&[], &[]).await;
    let model = StandIn::start(Behaviour::Waits).await;
    let (site, target, _specs) = start("advised", &mailpit, &model, "true").await;
    // The model has not answered, and the opening does not wait for it.
    until_mails(&mailpit, NoticeKind::Opened, &[ANA, BIA], 1).await;
    model.set(Behaviour::Answers(answer()));
    until_mails(&mailpit, NoticeKind::Advised, &[ANA, BIA], 1).await;
    let told =
        |status: &agentic_ops::api::FindingStatus| status.informed.iter().all(|known| known.advised_at.is_some());
    let status = site.status(OF, "advice that both were sent", told).await;
    let is_advice = |advice: &Advice| advice.tier == Tier::T1 && advice.grounded && advice.message.is_some();
    let advice = status.advice.filter(is_advice).expect("advice in the Thread");
    let mails = mailpit.mails(4).await;
    for to in [ANA, BIA] {
        let (opened, advised) = (mail(&mails, "opened", to), mail(&mails, "advised", to));
        let id = opened.header("Message-Id");
        assert_eq!((advised.header("In-Reply-To"), advised.header("References")), (id.clone(), id));
        assert_eq!(advised.content["Subject"], "Re: [alto] a loja respondeu 500 · shop");
        for part in ["Text", "HTML"] {
            let text = advised.content[part].as_str().unwrap();
            assert!(
                text.contains("Orientação do modelo local") && (text.contains("[alto]") || text.contains(">alto<")),
                "{text}"
            );
            assert!(text.contains(QUOTE) && !text.contains("Reinicie a loja com cuidado."), "{text}");
        }
        assert!(advised.content["Text"].as_str().unwrap().replace("\r\n", "\n").contains(advice.text.as_str()));
    }
    target.set(true);
    let status = site.over(OF).await;
    let advised: Vec<_> = status.notices.iter().filter(|notice| notice.kind == NoticeKind::Advised).collect();
    assert!(advised.len() == 2 && advised.iter().all(|notice| notice.state == NoticeState::Sent), "{advised:?}");
    assert_eq!(ids(&mailpit, NoticeKind::Resolved, ANA).await.len(), 1);
    assert_eq!(ids(&mailpit, NoticeKind::Advised, ANA).await.len(), 1, "once");
    site.running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn advice_is_not_mailed_unless_the_setting_says_so() {
    let mailpit = Mailpit::start(&[], &[]).await;
    let model = StandIn::start(Behaviour::Answers(answer())).await;
    let (site, target, _specs) = start("not-advised", &mailpit, &model, "false").await;
    until_mails(&mailpit, NoticeKind::Opened, &[ANA, BIA], 1).await;
    let told = |status: &agentic_ops::api::FindingStatus| {
        status.advice.as_ref().is_some_and(|advice| advice.tier == Tier::T1 && advice.message.is_some())
    };
    site.status(OF, "advice in the Thread", told).await;
    target.seen(3).await;
    target.set(true);
    let status = site.over(OF).await;
    assert!(status.notices.iter().all(|notice| notice.kind != NoticeKind::Advised), "{:?}", status.notices);
    assert_eq!(mailpit.mails(4).await.len(), 4, "openings and ends");
    site.running.stop().await;
}
