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

/// Why a file or document of a registry is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DocumentError {
    /// All files together would be larger than the limit.
    TooManyBytes,
    TooManyFiles {
        found: usize,
        max: usize,
    },
    /// Entries of directories.
    TooManyEntries {
        max: usize,
    },
    /// Levels of directories.
    TooDeep {
        max: usize,
    },
    /// The message of the operating system.
    Unreadable(String),
    NotAFile,
    /// The first line that is not UTF-8, from 1.
    NotUtf8 {
        line: usize,
    },
    /// `first` is the file and line that has the name already.
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

/// Why a file or document of a registry is not used.
pub fn document_error(language: Language, error: &DocumentError) -> String {
    match error {
        DocumentError::TooManyBytes => text!(
            language,
            "o arquivo não foi lido: os arquivos do registro são maiores do que o permitido (AGENTIC_REGISTRY_BYTES_MAX)",
            "the file is not read: the files of the registry are larger than is allowed (AGENTIC_REGISTRY_BYTES_MAX)",
        ),
        DocumentError::TooManyFiles { found, max } => text!(
            language,
            "há {found} arquivos YAML; só são lidos {max} (AGENTIC_REGISTRY_FILES_MAX)",
            "there are {found} YAML files; only {max} are read (AGENTIC_REGISTRY_FILES_MAX)",
        ),
        DocumentError::TooManyEntries { max } => {
            text!(language, "há mais de {max} arquivos e pastas", "there are more than {max} files and folders")
        }
        DocumentError::TooDeep { max } => {
            text!(language, "há mais de {max} níveis de pastas", "there are more than {max} levels of folders")
        }
        DocumentError::Unreadable(message) => {
            text!(language, "não pôde ser lido: {message}", "cannot be read: {message}")
        }
        DocumentError::NotAFile => text!(language, "não é um arquivo", "is not a file"),
        DocumentError::NotUtf8 { line } => text!(
            language,
            "a linha {line} não está em UTF-8: salve o arquivo nessa codificação",
            "line {line} is not UTF-8: save the file in this encoding",
        ),
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
    }
}

/// What `agentic-ops check` warns of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckWarning {
    /// The files do not have this Agent.
    AbsentAgent { scenario: String, agent: String },
    /// The files do not have this Scenario, which another depends on.
    AbsentDependency { scenario: String, name: String },
    /// There is no such file; its path.
    AbsentRunbook { scenario: String, path: String },
    /// The runbook has no such heading.
    AbsentSection { scenario: String, path: String, section: String },
    /// A file that is not read, since its name does not end in .yaml or .yml.
    IgnoredFile { path: String },
}

/// What `agentic-ops check` warns of.
pub fn check_warning(language: Language, warning: &CheckWarning) -> String {
    match warning {
        CheckWarning::AbsentAgent { scenario, agent } => text!(
            language,
            "{scenario}: spec.agent: nenhum Agent {agent:?} nos arquivos: se não existir no cluster, o trabalho vai para maestro",
            "{scenario}: spec.agent: no Agent {agent:?} in the files: unless the cluster has it, its work goes to maestro",
        ),
        CheckWarning::AbsentDependency { scenario, name } => text!(
            language,
            "{scenario}: spec.dependsOn: nenhum Scenario {name:?} nos arquivos: se não existir no cluster, não tem efeito",
            "{scenario}: spec.dependsOn: no Scenario {name:?} in the files: unless the cluster has it, it has no effect",
        ),
        CheckWarning::AbsentRunbook { scenario, path } => text!(
            language,
            "{scenario}: spec.runbook.spec: o runbook {path} não existe (AGENTIC_SPECS_ROOT)",
            "{scenario}: spec.runbook.spec: there is no runbook {path} (AGENTIC_SPECS_ROOT)",
        ),
        CheckWarning::AbsentSection { scenario, path, section } => text!(
            language,
            "{scenario}: spec.runbook.section: o runbook {path} não tem a seção {section:?}",
            "{scenario}: spec.runbook.section: the runbook {path} has no section {section:?}",
        ),
        CheckWarning::IgnoredFile { path } => text!(
            language,
            "{path}: não é lido, pois o nome não termina em .yaml nem em .yml",
            "{path}: is not read, since its name ends neither in .yaml nor in .yml",
        ),
    }
}

/// Why a command could not read or write an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApiFault {
    /// Others changed the object all the time.
    KeepsChanging,
    Gone,
    Exists,
    /// No answer within so many seconds.
    NoAnswer {
        seconds: u64,
    },
    /// The API server refuses it; its message.
    Refused {
        answer: String,
    },
    /// The error of a library or of the operating system.
    Failed {
        error: String,
    },
    /// The kubeconfig can't be used; the library's message.
    Kubeconfig {
        error: String,
    },
}

/// Why a command could not read or write an object.
pub fn api_fault(language: Language, fault: &ApiFault) -> String {
    match fault {
        ApiFault::KeepsChanging => text!(
            language,
            "o objeto está sendo alterado por outros: tente de novo",
            "the object is being changed by others: try again",
        ),
        ApiFault::Gone => text!(language, "o objeto não existe mais", "the object no longer exists"),
        ApiFault::Exists => text!(language, "o objeto já existe", "the object exists already"),
        ApiFault::NoAnswer { seconds } => text!(
            language,
            "o servidor da API Kubernetes não respondeu em {seconds} s",
            "the Kubernetes API server did not answer within {seconds} s",
        ),
        ApiFault::Refused { answer } => {
            text!(
                language,
                "o servidor da API Kubernetes recusou: {answer}",
                "the Kubernetes API server refused it: {answer}"
            )
        }
        ApiFault::Failed { error } => {
            text!(
                language,
                "a chamada à API Kubernetes falhou: {error}",
                "the call to the Kubernetes API failed: {error}"
            )
        }
        ApiFault::Kubeconfig { error } => {
            text!(language, "o kubeconfig não pôde ser usado: {error}", "the kubeconfig cannot be used: {error}")
        }
    }
}

/// Nothing was checked.
pub fn no_scenario(language: Language) -> String {
    text!(language, "nenhum Scenario foi encontrado", "no Scenario was found")
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

/// The line of `agentic-ops standalone` about the other address that it listens on.
pub fn desk_listens(language: Language, address: impl Display) -> String {
    text!(language, "  painel          http://{address}/desk", "  panel           http://{address}/desk")
}

/// The line of `agentic-ops standalone` with the one-time link.
pub fn desk_sign_in(language: Language, link: impl Display) -> String {
    text!(
        language,
        "  entrar          {link}\n                  (uma vez, em até 10 minutos, como local com todos os papéis)",
        "  sign in         {link}\n                  (once, within 10 minutes, as local with all roles)",
    )
}

/// The answer of a running program to `agentic-ops health`.
pub fn health_answer(language: Language, status: &str, tier: &str, version: &str) -> String {
    text!(
        language,
        "{status}: estado do programa; nível {tier}, versão {version}",
        "{status}: state of the program; tier {tier}, version {version}",
    )
}

/// `agentic-ops health` got no answer; `reason` is the message of the system.
pub fn health_unanswered(language: Language, url: &str, reason: &str) -> String {
    text!(language, "{url}: sem resposta: {reason}", "{url}: no answer: {reason}")
}

/// `agentic-ops health` got an answer that is none of this program.
pub fn health_unknown(language: Language, url: &str, status: u16) -> String {
    text!(
        language,
        "{url}: resposta {status}, que não é a do agentic-ops: confira o endereço em --url",
        "{url}: answer {status}, which is not one of agentic-ops: check the address of --url",
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

/// Where the advice of the demo comes from; with the address of the model server, if there is one.
pub fn demo_advice(language: Language, ollama: Option<&str>) -> String {
    match ollama {
        Some(url) => text!(
            language,
            "O modelo local em {url} aconselha (T1), assim que responder.",
            "The local model at {url} advises (T1) as soon as it answers.",
        ),
        None => text!(
            language,
            "Os conselhos são os dos runbooks (T0). Para que um modelo local aconselhe (T1):\n  agentic-ops demo --data data/demo --ollama http://127.0.0.1:11434",
            "The advice is that of the runbooks (T0). To have a local model advise (T1):\n  agentic-ops demo --data data/demo --ollama http://127.0.0.1:11434",
        ),
    }
}

/// The lines of `agentic-ops demo` after those of standalone.
pub fn demo_started(language: Language, kubeconfig: impl Display, control: impl Display) -> String {
    text!(
        language,
        "\nUm ambiente simulado está sendo monitorado. Em outro terminal:\n  export KUBECONFIG={kubeconfig}\n  kubectl get findings -w                                   # e, em um terceiro:\n  curl -X POST http://{control}/break/vm-112  # uma ocorrência é aberta em até 15 segundos\n  curl -X POST http://{control}/heal/vm-112   # e é resolvida\n  curl http://{control}/                      # tudo o mais que pode ser quebrado\nOs e-mails enviados: http://{control}/mail",
        "\nA simulated estate is being watched. In another terminal:\n  export KUBECONFIG={kubeconfig}\n  kubectl get findings -w                                   # then, in a third one:\n  curl -X POST http://{control}/break/vm-112  # a Finding opens within 15 seconds\n  curl -X POST http://{control}/heal/vm-112   # and resolves\n  curl http://{control}/                      # everything else that can be broken\nThe mails that are sent: http://{control}/mail",
    )
}
