//! P8: all targets fail at once, without a model server, with one that answers, and with one that hangs.

use crate::model::{Behaviour, ModelServer};
use crate::notices::{Outage, compared};
use crate::{Bench, Line, step};

impl Bench {
    pub async fn advice(&self) -> Vec<Line> {
        let (without, _) = self.model_outage(None).await;
        let (answering, answers) = self.model_outage(Some(Behaviour::Answers)).await;
        let (hanging, calls) = self.model_outage(Some(Behaviour::Hangs)).await;
        let outages = [&without, &answering, &hanging];
        let line = |goal, what, measured| Line { goal, what, expected: "≤ 1.2".into(), measured };
        vec![
            line(
                "P6",
                "all fail: stored with a model that hangs, relative to none and to one that answers",
                compared(outages, |outage| outage.stored),
            ),
            line(
                "P8",
                "lateness with a model that hangs, relative to none and to one that answers",
                format!(
                    "{}; {answers} calls of the one, {calls} of the other",
                    compared(outages, |outage| outage.lateness)
                ),
            ),
        ]
    }

    /// The outage, and the number of calls of the model.
    async fn model_outage(&self, behaviour: Option<Behaviour>) -> (Outage, usize) {
        let server = match behaviour {
            Some(behaviour) => Some(ModelServer::start(behaviour).await),
            None => None,
        };
        let settings = server.iter().flat_map(|server| {
            // No budget that would end the calls.
            [
                ("OLLAMA_BASE_URL", server.url()),
                ("AGENTIC_LLM_MODEL", server.model()),
                ("AGENTIC_ADVICE_PER_HOUR", "1000".into()),
            ]
        });
        let settings = settings.map(|(name, value)| (name.to_string(), value)).collect();
        let outage = self.outage(&format!("model {behaviour:?}"), settings).await;
        let calls = server.as_ref().map_or(0, ModelServer::calls);
        step(&format!("  {calls} calls of the model"));
        (outage, calls)
    }
}
