//! The client of the model server, from the settings.

use super::CliError;
use super::certificates::extra_ca_pem;
use super::settings::Settings;
use crate::advisor::ollama::{Ollama, OllamaConfig};
use crate::net::guard::AddressGuard;
use url::Url;

/// The setting that keeps the local model from being used; `None` if it is used.
pub fn off(settings: &Settings) -> Option<&'static str> {
    if !settings.is_on("AGENTIC_LLM_ENABLED") {
        return Some("AGENTIC_LLM_ENABLED");
    }
    settings.get("OLLAMA_BASE_URL").is_none().then_some("OLLAMA_BASE_URL")
}

/// What the settings say of the model server; `None` if the local model is not used.
pub fn config(settings: &Settings) -> Result<Option<OllamaConfig>, CliError> {
    // An invalid value has prevented the start.
    let base = settings.get("OLLAMA_BASE_URL").and_then(|url| Url::parse(url).ok());
    let Some(base) = base.filter(|_| off(settings).is_none()) else { return Ok(None) };
    Ok(Some(OllamaConfig {
        base,
        model: settings.get("AGENTIC_LLM_MODEL").unwrap_or_default().to_string(),
        embed_model: settings.get("AGENTIC_EMBED_MODEL").map(String::from),
        keep_alive: settings.duration("AGENTIC_LLM_KEEP_ALIVE"),
        timeout: settings.duration("AGENTIC_LLM_TIMEOUT"),
        guard: AddressGuard::new(settings.addresses()),
        extra_ca_pem: extra_ca_pem(settings)?,
    }))
}

/// The client of the model server; `None` if the local model is not used.
pub fn client(settings: &Settings) -> Result<Option<Ollama>, CliError> {
    config(settings)?.map(of).transpose()
}

/// A client with this configuration.
pub fn of(config: OllamaConfig) -> Result<Ollama, CliError> {
    Ollama::new(config).map_err(|error| CliError::Argument(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::time::Duration;

    fn settings(values: &[(&str, &str)]) -> Settings {
        let environment = values.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        Settings::load(&environment, None, &BTreeMap::new()).unwrap()
    }

    #[test]
    fn without_an_address_or_with_the_switch_off_the_model_is_not_used() {
        let url = ("OLLAMA_BASE_URL", "http://127.0.0.1:9");
        for (values, missing) in [
            (vec![], Some("OLLAMA_BASE_URL")),
            (vec![url], None),
            (vec![url, ("AGENTIC_LLM_ENABLED", "off")], Some("AGENTIC_LLM_ENABLED")),
        ] {
            let settings = settings(&values);
            assert_eq!(off(&settings), missing);
            assert_eq!(config(&settings).unwrap().is_none(), missing.is_some());
            assert_eq!(client(&settings).unwrap().is_none(), missing.is_some());
        }
    }

    #[test]
    fn the_settings_have_the_defaults_of_the_documentation() {
        let config = config(&settings(&[("OLLAMA_BASE_URL", "http://127.0.0.1:9")])).unwrap().unwrap();
        assert_eq!((config.timeout, config.keep_alive), (Duration::from_secs(600), Duration::from_secs(300)));
        assert_eq!(
            (config.model.as_str(), config.embed_model.as_deref()),
            ("qwen2.5:7b-instruct", Some("nomic-embed-text"))
        );
    }
}
