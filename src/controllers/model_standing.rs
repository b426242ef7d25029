//! What is known of the model, for the controllers and for health.

use crate::domain::advice::due::{Model, ModelId};
use crate::domain::model::ModelFault;
use crate::domain::texts::{Language, model_fault, model_off};
use std::sync::{Arc, PoisonError, RwLock};

/// What is known of the model. Clones share it.
#[derive(Clone, Default)]
pub struct ModelStanding(Arc<RwLock<Standing>>);

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
}

impl Default for Standing {
    fn default() -> Standing {
        Standing { name: None, off: Some("OLLAMA_BASE_URL"), model: Model::Off, detail: None }
    }
}

impl ModelStanding {
    /// T1 is on, with the model of this name. Nothing else is known yet.
    pub fn on(name: &str) -> ModelStanding {
        let standing = Standing { name: Some(name.into()), off: None, model: Model::Unknown, detail: None };
        ModelStanding(Arc::new(RwLock::new(standing)))
    }

    /// T1 is off by this setting.
    pub fn off(setting: &'static str, language: Language) -> ModelStanding {
        let detail = Some(model_off(language, setting));
        ModelStanding(Arc::new(RwLock::new(Standing { off: Some(setting), detail, ..Standing::default() })))
    }

    /// The state now.
    pub fn get(&self) -> Standing {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn model(&self) -> Model {
        self.0.read().unwrap_or_else(PoisonError::into_inner).model.clone()
    }

    /// The server has the model, with this digest.
    pub(super) fn usable(&self, digest: &str) {
        let mut standing = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let Some(name) = standing.name.clone() else { return };
        if !matches!(standing.model, Model::Usable(_)) {
            tracing::info!(model = name, "the local model can be used: T1");
        }
        standing.model = Model::Usable(ModelId { name, digest: digest.to_string() });
        standing.detail = None;
    }

    /// The model can't be used.
    pub(super) fn faulty(&self, fault: &ModelFault, language: Language) {
        let mut standing = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if standing.name.is_none() {
            return;
        }
        if standing.model != Model::Faulty(fault.clone()) {
            tracing::warn!(reason = fault.reason(), ?fault, "the local model can't be used: T0");
        }
        standing.model = Model::Faulty(fault.clone());
        standing.detail = Some(model_fault(language, fault));
    }

    /// This replica does not lead any more: it does not know.
    pub(super) fn forget(&self) {
        let mut standing = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if standing.model != Model::Off {
            (standing.model, standing.detail) = (Model::Unknown, None);
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
        off.faulty(&ModelFault::Empty, language);
        off.forget();
        assert_eq!((off.model(), off.get().off), (Model::Off, Some("AGENTIC_LLM_ENABLED")));
        assert!(off.get().detail.unwrap().contains("AGENTIC_LLM_ENABLED"));
        let on = ModelStanding::on("m");
        assert_eq!(on.model(), Model::Unknown);
        on.usable("1");
        assert_eq!(on.model(), Model::Usable(ModelId { name: "m".into(), digest: "1".into() }));
        let missing = ModelFault::Missing { model: "m".into() };
        on.faulty(&missing, language);
        assert!(on.get().detail.unwrap().ends_with("ollama pull m"));
        assert_eq!(on.model(), Model::Faulty(missing));
        on.usable("1");
        assert_eq!(on.get().detail, None);
        on.forget();
        assert_eq!(on.model(), Model::Unknown);
    }
}
