//! What is known of the model, for the controllers and for health.

use super::advice_steps::AdviceSteps;
use crate::domain::advice::due::{Model, ModelId};
use crate::domain::model::ModelFault;
use crate::domain::texts::{Language, model_fault, model_off};
use jiff::Timestamp;
use std::sync::{Arc, PoisonError, RwLock};

/// What is known of the model, and how far the advice is that it gives. Clones share it.
#[derive(Clone, Default)]
pub struct ModelStanding {
    now: Arc<RwLock<Standing>>,
    pub advice: AdviceSteps,
}

/// What is known of the model at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Name of the model; `None` where T1 is off.
    pub name: Option<String>,
    /// The setting that keeps T1 off.
    pub off: Option<&'static str>,
    pub model: Model,
    /// Why it can't be used, in the language of people on duty.
    pub detail: Option<String>,
    /// Since when it can't be used; `None` while it can, or is not known.
    pub since: Option<Timestamp>,
    /// Why its last answer could not be used, in their language; `None` if that could be, or there was none.
    pub refused: Option<String>,
}

impl Default for Standing {
    fn default() -> Standing {
        let off = Some("OLLAMA_BASE_URL");
        Standing { name: None, off, model: Model::Off, detail: None, since: None, refused: None }
    }
}

impl Standing {
    /// Whether T1 answers: the server has the model, and its last answer could be used.
    pub fn is_usable(&self) -> bool {
        matches!(self.model, Model::Usable(_)) && self.refused.is_none()
    }
}

impl ModelStanding {
    /// T1 is on, with the model of this name. Nothing else is known yet.
    pub fn on(name: &str) -> ModelStanding {
        ModelStanding::of(Standing { name: Some(name.into()), off: None, model: Model::Unknown, ..Standing::default() })
    }

    /// T1 is off by this setting.
    pub fn off(setting: &'static str, language: Language) -> ModelStanding {
        let detail = Some(model_off(language, setting));
        ModelStanding::of(Standing { off: Some(setting), detail, ..Standing::default() })
    }

    fn of(standing: Standing) -> ModelStanding {
        ModelStanding { now: Arc::new(RwLock::new(standing)), advice: AdviceSteps::default() }
    }

    /// The state now.
    pub fn get(&self) -> Standing {
        self.now.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn model(&self) -> Model {
        self.now.read().unwrap_or_else(PoisonError::into_inner).model.clone()
    }

    /// The server has the model, with this digest.
    pub(super) fn usable(&self, digest: &str) {
        let mut standing = self.now.write().unwrap_or_else(PoisonError::into_inner);
        let Some(name) = standing.name.clone() else { return };
        match &standing.model {
            Model::Usable(before) if before.digest == digest => {}
            // Another one is not judged by the answers of this one.
            Model::Usable(_) => standing.refused = None,
            _ => tracing::info!(model = name, "the local model can be used: T1"),
        }
        standing.model = Model::Usable(ModelId { name, digest: digest.to_string() });
        (standing.detail, standing.since) = (None, None);
    }

    /// The model can't be used, as is seen at `at`.
    pub(super) fn faulty(&self, fault: &ModelFault, at: Timestamp, language: Language) {
        let mut standing = self.now.write().unwrap_or_else(PoisonError::into_inner);
        if standing.name.is_none() {
            return;
        }
        if standing.model != Model::Faulty(fault.clone()) {
            tracing::warn!(reason = fault.reason(), ?fault, "the local model can't be used: T0");
        }
        standing.model = Model::Faulty(fault.clone());
        standing.since.get_or_insert(at);
        standing.detail = Some(model_fault(language, fault));
    }

    /// Its last answer could not be used, for this reason, or could. A server may list a model that answers nothing of use: it is of use
    /// again once an answer is.
    pub(super) fn answered(&self, refused: Option<String>) {
        let mut standing = self.now.write().unwrap_or_else(PoisonError::into_inner);
        if standing.name.is_some() && standing.refused != refused {
            match &refused {
                Some(reason) => tracing::warn!(reason, "an answer of the local model can't be used: T0"),
                None => tracing::info!("the answers of the local model can be used: T1"),
            }
            standing.refused = refused;
        }
    }

    /// This replica does not lead any more: it does not know.
    pub(super) fn forget(&self) {
        let mut standing = self.now.write().unwrap_or_else(PoisonError::into_inner);
        if standing.model != Model::Off {
            let Standing { name, off, .. } = standing.clone();
            *standing = Standing { name, off, model: Model::Unknown, ..Standing::default() };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_that_is_off_stays_off() {
        let language = Language::English;
        let off = ModelStanding::off("AGENTIC_LLM_ENABLED", language);
        off.usable("1");
        let at = |second| Timestamp::from_second(second).unwrap();
        off.faulty(&ModelFault::Empty, at(1), language);
        off.forget();
        assert_eq!((off.model(), off.get().off), (Model::Off, Some("AGENTIC_LLM_ENABLED")));
        assert!(off.get().detail.unwrap().contains("AGENTIC_LLM_ENABLED"));
        let on = ModelStanding::on("m");
        assert_eq!(on.model(), Model::Unknown);
        on.usable("1");
        assert_eq!(on.model(), Model::Usable(ModelId { name: "m".into(), digest: "1".into() }));
        let missing = ModelFault::Missing { model: "m".into() };
        on.faulty(&ModelFault::Empty, at(2), language);
        on.faulty(&missing, at(3), language);
        assert!(on.get().detail.unwrap().ends_with("ollama pull m"));
        assert_eq!((on.model(), on.get().since), (Model::Faulty(missing), Some(at(2))));
        on.usable("1");
        assert_eq!((on.get().detail, on.get().since), (None, None));
        on.forget();
        assert_eq!(on.model(), Model::Unknown);
    }

    #[test]
    fn after_an_answer_that_can_not_be_used_the_model_is_usable_once_one_can_or_it_is_another_one() {
        let standing = ModelStanding::on("m");
        let refused = || Some("no JSON".to_string());
        standing.usable("1");
        assert!(standing.get().is_usable());
        standing.answered(refused());
        // That it is still listed says nothing of its answers.
        standing.usable("1");
        assert_eq!((standing.get().is_usable(), standing.get().refused), (false, refused()));
        assert!(matches!(standing.model(), Model::Usable(_)), "it is asked all the same");
        standing.answered(None);
        assert!(standing.get().is_usable());
        standing.answered(refused());
        standing.usable("2");
        assert!(standing.get().is_usable());
        standing.answered(refused());
        standing.forget();
        assert_eq!(standing.get().refused, None);
        let off = ModelStanding::default();
        off.answered(refused());
        assert_eq!(off.get(), Standing::default());
    }
}
