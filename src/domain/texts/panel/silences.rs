//! Silences: what is held back, until when, and how to hold more back.

use crate::domain::texts::Language;

words! {
    title: "Silêncios", "Silences";
    lead: "Um silêncio retém os avisos; as verificações continuam, e a ocorrência aparece no painel do mesmo modo.",
        "A Silence holds notices back; checks go on, and Findings appear in the panel all the same.";
    active: "Agora", "Now";
    next: "A seguir", "Next";
    past: "Encerrados", "Over";
    none_active: "Nada está silenciado.", "Nothing is silenced.";
    none_past: "Nenhum silêncio encerrado está guardado.", "No Silence that is over is kept.";
    make: "Novo silêncio", "New Silence";
    do_make: "Silenciar", "Silence";
    end: "Encerrar", "End";
    cancel: "Cancelar", "Cancel";
    made: "Silêncio criado", "Silence made";
    ended: "Silêncio encerrado.", "Silence ended.";
    quick: "Manutenção", "Maintenance";
    quick_for: "Silenciar por 1 h", "Silence for 1 h";
    quick_label: "O que silenciar por 1 h", "What to silence for 1 h";
    quick_what: "escolha um cenário ou um agente", "choose a Scenario or an Agent";
    quick_more: "Com o motivo “Manutenção”. Outros tempos e motivos: em “Novo silêncio”.",
        "With the reason “Maintenance”. For other times and reasons: “New Silence”.";
    quick_none: "Escolha um cenário ou um agente.", "Choose a Scenario or an Agent.";
    quick_group_scenarios: "Cenários", "Scenarios";
    quick_group_agents: "Agentes", "Agents";
    what: "O que silenciar", "What to silence";
    what_more: "Vale o que cumpre todas as condições preenchidas.", "What meets all conditions that are filled in.";
    any: "qualquer", "any";
    scenario: "Cenário", "Scenario";
    check: "Verificação", "Check";
    key: "Item", "Item of the check";
    without_key: "sem item", "without an item";
    with_key: "com item", "with an item";
    without_value: "sem valor", "without a value";
    with_value: "com valor", "with a value";
    agent: "Agente", "Agent";
    severity: "Severidade", "Severity";
    is: "é", "is";
    is_not: "não é", "is not";
    matches: "combina com", "matches";
    matches_not: "não combina com", "does not match";
    when: "Quando", "When";
    from: "De", "From";
    from_now: "vazio: agora", "empty: now";
    length: "Por", "For";
    until: "Ou até (vale em vez de “Por”)", "Or until (instead of “For”)";
    why: "Motivo", "Reason";
    why_more: "Fica no registro e aparece para quem está de plantão.", "It is recorded, and shown to the people on duty.";
    field_matchers: "Condições", "Conditions";
    field_end: "Fim", "End of it";
    field_from: "Início", "Start";
    not_made: "O silêncio não foi feito", "The Silence was not made";
    not_a_time: "não é uma data com hora", "is no date with a time";
    no_condition: "preencha ao menos uma condição", "fill in at least one condition";
    holds_nothing: "Não retém nada neste momento.", "Holds nothing back at the moment.";
    not_valid: "Não vale", "Not valid";
    by: "por", "by";
    again: "repete", "recurs";
}

/// When an active one ends: the time, and how long until then.
pub fn until_in(language: Language, span: &str) -> String {
    text!(language, "termina em {span}", "{span} left")
}

/// When the next one begins.
pub fn begins_in(language: Language, span: &str) -> String {
    text!(language, "começa em {span}", "begins in {span}")
}

/// The end, before its time.
pub fn until_time(language: Language) -> &'static str {
    match language {
        Language::Portuguese => "até",
        Language::English => "until",
    }
}

/// How many notices are held back: of so many Findings.
pub fn holds(language: Language, count: u32) -> String {
    match count {
        1 => text!(language, "Retém os avisos de 1 ocorrência:", "Holds back the notices of 1 Finding:"),
        _ => text!(language, "Retém os avisos de {count} ocorrências:", "Holds back the notices of {count} Findings:"),
    }
}

/// How many are active.
pub fn count(language: Language, count: usize) -> String {
    match count {
        1 => text!(language, "1 ativo", "1 active"),
        _ => text!(language, "{count} ativos", "{count} active"),
    }
}

/// How many more there are than are shown.
pub fn more(language: Language, count: usize) -> String {
    text!(language, "e mais {count}", "and {count} more")
}
