//! The Message that follows a question in a person's own words: the checked answer of the local model, or why there is none.

use crate::api::Tier;
use crate::domain::conversation::draft::Draft;
use crate::domain::conversation::{Said, quote};
use crate::domain::model::ModelFault;
use crate::domain::runbooks::Excerpt;
use crate::domain::texts::{Language, answers as texts, model_fault};

/// What came of asking the model.
#[derive(Clone, Debug, PartialEq)]
pub enum ModelOutcome {
    /// It answered, and this is what the check left of the answer.
    Answered(Said),
    /// The check left nothing of the answer. The section is shown, unless the first answer quoted it.
    NotGrounded {
        section: Option<Excerpt>,
    },
    Failed(ModelFault),
    /// T1 was turned off after the question was put, by this setting.
    Off {
        setting: &'static str,
    },
    /// It was not asked in time: others came before, or the server was away.
    Late,
    /// No section of a runbook fits any more.
    NothingFound,
}

/// A Message of an Agent.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelReply {
    pub said: Said,
    /// T1 for the words of the model alone.
    pub tier: Tier,
    pub is_grounded: bool,
}

/// What is said about an outcome.
pub fn model_reply(outcome: &ModelOutcome, language: Language) -> ModelReply {
    let mut draft = Draft::default();
    let why = match outcome {
        ModelOutcome::Answered(checked) => {
            draft.paragraph(checked.body.clone());
            checked.citations.iter().cloned().for_each(|citation| draft.cite(citation));
            return ModelReply { said: draft.said(), tier: Tier::T1, is_grounded: true };
        }
        ModelOutcome::NotGrounded { section } => {
            draft.paragraph(texts::the_model_had_nothing(language));
            section.iter().for_each(|section| quote::excerpt(&mut draft, language, section));
            None
        }
        ModelOutcome::Late => {
            draft.paragraph(texts::the_model_was_too_late(language));
            None
        }
        ModelOutcome::NothingFound => {
            draft.paragraph(texts::nothing_found(language));
            None
        }
        ModelOutcome::Failed(fault) => Some(model_fault(language, fault)),
        ModelOutcome::Off { setting } => {
            draft.paragraph(texts::the_model_was_turned_off(language, setting));
            None
        }
    };
    draft.extend(why.map(|why| texts::the_model_did_not_answer(language, &why)));
    ModelReply { said: draft.said(), tier: Tier::T0, is_grounded: false }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Citation;
    use crate::domain::conversation::tests::compare;
    use crate::domain::conversation::tests::fixtures::language_name;

    fn outcomes() -> Vec<(&'static str, ModelOutcome)> {
        let quote = "Reinicie o serviço da API no nó.".to_string();
        let citation = Citation { spec: "desk-api-health".into(), section: Some("Como reparar".into()), quote };
        let checked = Said { body: "1. Reinicie o serviço.".into(), citations: vec![citation] };
        let section = Excerpt {
            spec: "desk-api-health".into(),
            headings: vec!["API do Desk".into(), "Como reparar".into()],
            text: "1. Reinicie o serviço da API no nó.\n".into(),
            hash: "0123456789abcdef".into(),
        };
        let nothing = |section| ModelOutcome::NotGrounded { section };
        vec![
            ("checked", ModelOutcome::Answered(checked)),
            ("ungrounded", nothing(None)),
            ("ungrounded-section", nothing(Some(section))),
            ("missing", ModelOutcome::Failed(ModelFault::Missing { model: "qwen2.5:7b-instruct".into() })),
            ("off", ModelOutcome::Off { setting: "OLLAMA_BASE_URL" }),
            ("late", ModelOutcome::Late),
            ("nothing", ModelOutcome::NothingFound),
        ]
    }

    #[test]
    fn what_follows_a_question_is_that_of_the_golden_files() {
        for (name, outcome) in outcomes() {
            for language in Language::ALL {
                let reply = model_reply(&outcome, language);
                compare(&format!("model-{name}.{}.txt", language_name(language)), &format!("{}\n", reply.said.body));
            }
        }
    }

    #[test]
    fn only_the_checked_words_of_the_model_are_of_tier_t1_and_grounded() {
        for (name, outcome) in outcomes() {
            let reply = model_reply(&outcome, Language::Portuguese);
            let is_of_the_model = name == "checked";
            assert_eq!((reply.tier == Tier::T1, reply.is_grounded), (is_of_the_model, is_of_the_model), "{name}");
            let is_cited = ["checked", "ungrounded-section"].contains(&name);
            assert_eq!(!reply.said.citations.is_empty(), is_cited, "{name}");
        }
    }
}
