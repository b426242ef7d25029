//! Output of commands.

use super::language::Language;
use std::fmt::Display;

/// The column headings of `agentic-ops check`.
pub fn check_columns(language: Language) -> [&'static str; 4] {
    match language {
        Language::Portuguese => ["CENÁRIO", "VERIFICAÇÃO", "RESULTADO", "MENSAGEM"],
        Language::English => ["SCENARIO", "CHECK", "OUTCOME", "MESSAGE"],
    }
}

/// Why a document of a registry is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DocumentError {
    FileTooLarge {
        bytes: u64,
        max: u64,
    },
    /// `first` is the file and document that has the name already.
    Duplicate {
        kind: String,
        name: String,
        first: String,
    },
    /// The YAML parser's message.
    NotYaml(String),
    WrongApiVersion {
        api_version: String,
        expected: String,
    },
    WrongKind {
        kind: String,
    },
    NoName {
        kind: String,
    },
}

/// Why a document of a registry is not used. `origin` is its file and number.
pub fn document_error(language: Language, origin: &str, error: &DocumentError) -> String {
    let message = match error {
        DocumentError::FileTooLarge { bytes, max } => {
            text!(language, "{bytes} bytes; o máximo é {max}", "{bytes} bytes, at most {max} are read")
        }
        DocumentError::Duplicate { kind, name, first } => {
            text!(language, "{kind} {name:?} já existe em {first}", "{kind} {name:?} is already in {first}")
        }
        DocumentError::NotYaml(message) => text!(language, "não é YAML: {message}", "not YAML: {message}"),
        DocumentError::WrongApiVersion { api_version, expected } => text!(
            language,
            "apiVersion {api_version:?}: um registro contém recursos de {expected}",
            "apiVersion {api_version:?}: a registry contains resources of {expected}",
        ),
        DocumentError::WrongKind { kind } => text!(
            language,
            "kind {kind:?}: um registro contém Scenarios e Agents",
            "kind {kind:?}: a registry contains Scenarios and Agents",
        ),
        DocumentError::NoName { kind } => {
            text!(language, "falta metadata.name em um objeto {kind}", "metadata.name of a {kind} is missing")
        }
    };
    format!("{origin}: {message}")
}

/// A field that the schema does not have.
pub fn unknown_field(language: Language, path: &str) -> String {
    text!(language, "campo desconhecido {path:?}", "unknown field {path:?}")
}

/// The first lines of `agentic-ops standalone`.
pub fn standalone_started(
    language: Language,
    version: &str,
    kube_url: &str,
    address: impl Display,
    kubeconfig: impl Display,
) -> String {
    text!(
        language,
        "agentic-ops {version} em execução\n  API Kubernetes  {kube_url}\n  API REST        http://{address}/api/v1/agents\n  experimente     export KUBECONFIG={kubeconfig}; kubectl get scenarios; kubectl get findings -w",
        "agentic-ops {version} is running\n  Kubernetes API  {kube_url}\n  REST API        http://{address}/api/v1/agents\n  try             export KUBECONFIG={kubeconfig}; kubectl get scenarios; kubectl get findings -w",
    )
}

/// The last line of `agentic-ops standalone`.
pub fn shutting_down(language: Language) -> String {
    text!(
        language,
        "encerrando: as gravações em andamento serão concluídas antes",
        "shutting down: writes in progress are completed first"
    )
}

/// The first lines of `agentic-ops operator`. `facade_only`: without controllers; `controllers_only`: without the facade.
pub fn operator_started(
    language: Language,
    version: &str,
    namespace: &str,
    address: impl Display,
    facade_only: bool,
    controllers_only: bool,
) -> String {
    let first = match facade_only {
        true => text!(
            language,
            "agentic-ops {version} atende o namespace {namespace}, somente com a API REST",
            "agentic-ops {version} serves namespace {namespace}, the REST API only",
        ),
        false => text!(
            language,
            "agentic-ops {version} monitora o namespace {namespace}",
            "agentic-ops {version} watches namespace {namespace}",
        ),
    };
    let second = match controllers_only {
        true => {
            text!(language, "  métricas        http://{address}/metrics", "  metrics         http://{address}/metrics")
        }
        false => text!(
            language,
            "  API REST        http://{address}/api/v1/agents",
            "  REST API        http://{address}/api/v1/agents",
        ),
    };
    format!("{first}\n{second}")
}

/// The lines of `agentic-ops demo` after those of standalone.
pub fn demo_started(language: Language, kubeconfig: impl Display, control: impl Display) -> String {
    text!(
        language,
        "\nUm ambiente simulado está sendo monitorado. Em outro terminal:\n  export KUBECONFIG={kubeconfig}\n  kubectl get findings -w                                   # e, em um terceiro:\n  curl -X POST http://{control}/break/vm-112  # uma ocorrência é aberta em até 15 segundos\n  curl -X POST http://{control}/heal/vm-112   # e é resolvida\n  curl http://{control}/                      # tudo o mais que pode ser quebrado",
        "\nA simulated estate is being watched. In another terminal:\n  export KUBECONFIG={kubeconfig}\n  kubectl get findings -w                                   # then, in a third one:\n  curl -X POST http://{control}/break/vm-112  # a Finding opens within 15 seconds\n  curl -X POST http://{control}/heal/vm-112   # and resolves\n  curl http://{control}/                      # everything else that can be broken",
    )
}
