//! Pages that list something: Findings, Threads, Agents; and what all lists say.

use crate::domain::texts::Language;

words! {
    // Of the navigation.
    board: "Quadro", "Board";
    findings: "Ocorrências", "Findings";
    threads: "Conversas", "Threads";
    copilot: "Copiloto", "Copiloto";
    silences: "Silêncios", "Silences";
    handover: "Passagem", "Handover";
    agents: "Agentes", "Agents";
    actions: "Ações", "Action log";
    runbooks: "Runbooks", "Runbook search";
    model: "Modelo local", "Local model";
    more: "Mais", "More";

    // Of every list.
    filter: "Filtrar", "Filter";
    filters: "Filtros da lista", "Filters of the list";
    clear: "Limpar filtros", "Clear filters";
    any: "todas", "all";
    any_m: "todos", "all";
    pages: "Páginas da lista", "Pages of the list";
    first_page: "Voltar ao início", "Back to the start";
    next_page: "Próxima página", "Next page";
    changed: "A lista mudou depois que esta página foi aberta.", "The list has changed since this page was opened.";
    show: "Mostrar", "Show";
    wrong_filter: "Este endereço não vale como filtro", "This address is no valid filter";
    nothing_found: "Nada com este filtro", "Nothing with this filter";
    severity: "Severidade", "Severity";
    scenario: "Cenário", "Scenario";
    agent: "Agente", "Agent";
    state: "Estado", "State";
    order: "Ordem", "Order";
    most_serious: "mais graves", "most serious";
    newest: "mais novas", "newest";
    text: "Texto", "Text";

    // Findings.
    happened: "O que houve", "What happened";
    since: "Desde", "Since";
    phase: "Situação", "Phase";
    phase_active: "em aberto", "active";
    phase_open: "sem reconhecimento", "not acknowledged";
    phase_acknowledged: "reconhecidas", "acknowledged";
    phase_resolved: "resolvidas", "resolved";
    open: "Aberta", "Open";
    acknowledged: "Reconhecida", "Acknowledged";
    resolved: "Resolvida", "Resolved";
    who: "Com quem", "Who has it";
    nobody: "ninguém", "nobody";
    search_findings: "mensagem, cenário, item", "message, Scenario, item";
    no_findings: "Nenhuma ocorrência em aberto", "No active Findings";
    no_findings_more: "Tudo o que foi verificado está em ordem. O que falhar aparece aqui.",
        "All that was checked is in order. What fails appears here.";
    none_of_phase: "Nenhuma ocorrência nesta situação", "No Findings in this phase";
    see_resolved: "Ver as resolvidas", "See the resolved ones";

    // Threads.
    subject: "Assunto", "Subject";
    messages: "Mensagens", "Messages";
    pending: "Pendentes", "Pending";
    last_message: "Última", "Last one";
    thread_open: "em andamento", "open";
    thread_closed: "encerradas", "closed";
    closed: "Encerrada", "Closed";
    going_on: "Em andamento", "Open";
    conversation: "conversa", "conversation";
    no_threads: "Nenhuma conversa ainda", "No Threads yet";
    no_threads_more: "Cada ocorrência abre uma conversa. Você também pode começar uma com o Copiloto.",
        "Each Finding opens a Thread. You can also begin one with Copiloto.";
    begin: "Perguntar ao Copiloto", "Ask Copiloto";

    // Agents.
    no_agents: "Nenhum agente foi declarado", "No Agents are declared";
    no_agents_more: "Os agentes vêm do registro, como o arquivo registry.yaml. Aplique-o com kubectl apply.",
        "Agents come from the registry, such as registry.yaml. Apply it with kubectl apply.";
    watches: "O que vigia", "What it watches";
    watches_nothing: "Nenhum cenário; responde a perguntas.", "No Scenarios; it answers questions.";
    busy: "Ocupação", "How busy";
    suspended: "Suspenso: o trabalho vai para o Maestro", "Suspended: its work goes to Maestro";
    tier_t0: "só fatos medidos", "measured facts only";
    tier_t1: "fatos medidos e modelo local", "measured facts and the local model";
    tier_off: "só fatos medidos: o modelo local não é usado", "measured facts only: the local model is not used";
    tier_away: "só fatos medidos: o modelo local não responde", "measured facts only: the local model does not answer";
    inbox_of: "Avisa", "Tells";
    maintenance: "Manutenção de 1 h", "Maintenance for 1 h";
    maintenance_reason: "Manutenção", "Maintenance";
    idle: "sem pendências", "nothing pending";
    state_ready: "em dia", "up to date";
    state_suspended: "suspenso", "suspended";
    state_invalid: "inválido", "invalid";
    state_late: "atrasado", "late";
    health_healthy: "em ordem", "healthy";
    health_failing: "com falha", "failing";
    health_unknown: "sem visibilidade", "unknown";
}

/// How many Findings there are.
pub fn count_findings(language: Language, count: usize) -> String {
    match count {
        1 => text!(language, "1 ocorrência", "1 Finding"),
        _ => text!(language, "{count} ocorrências", "{count} Findings"),
    }
}

/// How many Threads there are.
pub fn count_threads(language: Language, count: usize) -> String {
    match count {
        1 => text!(language, "1 conversa", "1 Thread"),
        _ => text!(language, "{count} conversas", "{count} Threads"),
    }
}

/// How many Agents there are.
pub fn count_agents(language: Language, count: usize) -> String {
    match count {
        1 => text!(language, "1 agente", "1 Agent"),
        _ => text!(language, "{count} agentes", "{count} Agents"),
    }
}

/// How many are on the page of so many.
pub fn of_all(language: Language, shown: usize, all: &str) -> String {
    text!(language, "{shown} nesta página, {all} ao todo", "{shown} on this page, {all} in all")
}

/// The part of the address that is no filter, with its value.
pub fn wrong_filter_more(language: Language, parameter: &str, value: &str) -> String {
    text!(
        language,
        "“{parameter}={value}” não é aceito aqui. Escolha de novo nos filtros.",
        "“{parameter}={value}” is not accepted here. Choose again with the filters."
    )
}

/// How many Findings are active.
pub fn open_findings(language: Language, count: u32) -> String {
    match count {
        1 => text!(language, "1 ocorrência em aberto", "1 active Finding"),
        _ => text!(language, "{count} ocorrências em aberto", "{count} active Findings"),
    }
}

/// How many Messages await an acknowledgement.
pub fn pending_messages(language: Language, count: u32) -> String {
    match count {
        1 => text!(language, "1 mensagem pendente", "1 pending message"),
        _ => text!(language, "{count} mensagens pendentes", "{count} pending messages"),
    }
}

/// How many questions await the local model.
pub fn asked_of_model(language: Language, count: usize) -> String {
    match count {
        1 => text!(language, "1 pergunta com o modelo local", "1 question at the local model"),
        _ => text!(language, "{count} perguntas com o modelo local", "{count} questions at the local model"),
    }
}

/// How often the Scenarios of an Agent are read, all together.
pub fn runs_per_hour(language: Language, count: u64) -> String {
    match count {
        1 => text!(language, "1 leitura por hora", "1 run an hour"),
        _ => text!(language, "{count} leituras por hora", "{count} runs an hour"),
    }
}
