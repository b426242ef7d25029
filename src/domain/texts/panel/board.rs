//! The board, the page of a Scenario, and the round.

mod headline;

pub use headline::{Headline, headline};

use crate::api::{Channel, Severity};
use crate::domain::texts::Language;

words! {
    title: "Quadro", "Board";
    filter: "Filtrar o quadro", "Filter the board";
    apply: "Filtrar", "Filter";
    agent: "Agente", "Agent";
    state: "Estado", "State";
    search: "Nome ou título", "Name or title";
    scenario: "Cenário", "Scenario";
    last_readings: "Últimas leituras", "Last readings";
    latency: "Latência", "Latency";
    last_read: "Lido há", "Last read";
    last_reading: "Última leitura", "Last reading";
    print: "Imprimir", "Print";
    close_print: "Voltar ao quadro", "Back to the board";
    all: "Mostrar todos", "Show all";
    failing: "falha", "failing";
    unknown: "sem visibilidade", "unknown";
    late: "atrasado", "late";
    invalid: "inválido", "invalid";
    suspended: "suspenso", "suspended";
    healthy: "em ordem", "healthy";
    empty: "Nenhum cenário ainda", "No Scenario yet";
    empty_more: "Crie um com kubectl apply, ou pela pasta do registro. Ele aparece aqui na primeira leitura.",
        "Create one with kubectl apply, or by the registry. It appears here as soon as it is read.";
    empty_filtered: "Nenhum cenário com este filtro", "No Scenario with this filter";
    undecodable: "Não é possível ler estes objetos", "These objects can't be decoded";
    pages: "Páginas do quadro", "Pages of the board";
    previous: "Anterior", "Previous";
    next: "Próxima", "Next";
    all_findings: "Ver todas", "See all";
    nothing_read: "Nenhuma leitura ainda", "No reading yet";
    no_history: "O histórico não é guardado nesta instalação.", "No history is kept in this installation.";
    no_history_more: "Para guardar, use standalone com --data ou dê um diretório em AGENTIC_DATA_DIR.",
        "To keep it, use standalone with --data, or name a directory in AGENTIC_DATA_DIR.";
    history_failed: "O histórico não pôde ser lido. O resto da página está em dia.",
        "The history could not be read. The rest of the page is up to date.";
    run_now: "Verificar agora", "Check now";
    open_finding: "Abrir a ocorrência", "Open the Finding";
    runbook: "Runbook", "Runbook";
    availability: "Disponibilidade", "Availability";
    availability_more: "boas sobre boas e falhas; sem leitura não conta", "passes of passes and failures; without a reading nothing counts";
    day: "24 h", "24 h";
    week: "7 dias", "7 days";
    month: "30 dias", "30 days";
    by_hour: "30 dias, hora por hora", "30 days, hour by hour";
    today: "hoje", "today";
    legend_pass: "boa", "pass";
    legend_fail: "falha", "failure";
    legend_maintenance: "manutenção", "maintenance";
    legend_gap: "sem leitura", "no reading";
    outages: "Quedas", "Downtime";
    no_outages: "Nenhuma hora com falha em 30 dias.", "No hour with a failure in 30 days.";
    outages_more: "horas em que houve falha", "hours with failures";
    was_maintenance: "Foi manutenção", "It was maintenance";
    was_maintenance_more: "As falhas destas horas deixam de contar na disponibilidade. Fica registrado quem disse, e por quê.",
        "The failures of these hours no longer count in the availability. It is recorded who said so, and why.";
    reason: "Motivo", "Reason";
    take_back: "Desfazer", "Undo";
    maintenance: "manutenção", "maintenance";
    downtime: "queda", "downtime";
    reclassified: "Registrado: a disponibilidade já está recalculada.", "Recorded: the availability is computed anew.";
    findings: "Ocorrências", "Findings";
    no_findings: "Nenhuma guardada.", "None is kept.";
    open: "aberta", "open";
    checks: "Verificações", "Checks";
    probe: "leitura", "probe";
    passes: "passa", "passes";
    fails: "falha", "fails";
    held: "retida", "held";
    no_finding: "sem falha", "no failure";
    not_known: "não executada", "not run";
    yaml: "YAML do cenário", "YAML of the Scenario";
    left_out: "omitido", "left out";
    depends_on: "depende de", "depends on";
    requires: "depois de", "after";
    given: "se", "if";
    for_each: "para cada", "for each";
    round_stopped: "A ronda parou", "The round has stopped";
    round_stopped_more: "O que a página mostra pode não valer mais. Veja o estado do programa em /api/v1/agents/health.",
        "What the page shows may no longer be so. See the state of the program at /api/v1/agents/health.";
    not_leaving_more: "Os avisos são tentados de novo por 24 horas; enquanto isso, acompanhe por aqui. O erro está em \
        /api/v1/agents/health.",
        "Notices are tried again for 24 hours; meanwhile, watch this page. The error is at /api/v1/agents/health.";
}

/// The title of the window.
pub fn window(language: Language, failing: usize, total: usize) -> String {
    match failing {
        0 => text!(language, "Quadro · Desk", "Board · Desk"),
        _ => text!(
            language,
            "Quadro: {failing} de {total} em falha · Desk",
            "Board: {failing} of {total} failing · Desk"
        ),
    }
}

/// That a Scenario fails, with the severity of its Finding.
pub fn failing_as(language: Language, severity: Severity) -> String {
    let word = super::words::severity(language, severity).to_lowercase();
    text!(language, "falha, {word}", "failing, {word}")
}

/// How many Findings of a Scenario are open besides the one that is shown.
pub fn more_open(language: Language, count: usize) -> String {
    match count {
        1 => text!(language, "e mais 1 ocorrência aberta", "and 1 more open Finding"),
        _ => text!(language, "e mais {count} ocorrências abertas", "and {count} more open Findings"),
    }
}

/// How many Scenarios of an Agent are not shown.
pub fn more(language: Language, count: usize) -> String {
    match count {
        1 => text!(language, "mais 1 cenário", "1 more Scenario"),
        _ => text!(language, "mais {count} cenários", "{count} more Scenarios"),
    }
}

/// Which page it is.
pub fn page(language: Language, page: usize, pages: usize) -> String {
    text!(language, "Página {page} de {pages}", "Page {page} of {pages}")
}

/// How many the filter selects of all.
pub fn selected(language: Language, selected: usize, total: usize) -> String {
    text!(language, "{selected} de {total} no filtro", "{selected} of {total} selected")
}

/// So many readings of one kind.
fn readings(language: Language, kind: Kind, count: usize) -> String {
    match (kind, count) {
        (Kind::Pass, 1) => text!(language, "1 boa", "1 passed"),
        (Kind::Pass, _) => text!(language, "{count} boas", "{count} passed"),
        (Kind::Fail, 1) => text!(language, "1 falha", "1 failure"),
        (Kind::Fail, _) => text!(language, "{count} falhas", "{count} failures"),
        (Kind::Unknown, _) => text!(language, "{count} sem visibilidade", "{count} unknown"),
        (Kind::Held, 1) => text!(language, "1 retida", "1 held"),
        (Kind::Held, _) => text!(language, "{count} retidas", "{count} held"),
    }
}

/// What a reading came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Pass,
    Fail,
    Unknown,
    Held,
}

/// Readings in their order, for those who do not see them: as they followed each other, or counted where that is long.
pub fn strip(language: Language, runs: &[(Kind, usize)]) -> String {
    const SPOKEN_MAX: usize = 4;
    let then = text!(language, ", depois ", ", then ");
    match runs.len() {
        0 => nothing_read(language).to_string(),
        1..=SPOKEN_MAX => {
            let parts: Vec<String> = runs.iter().map(|(kind, count)| readings(language, *kind, *count)).collect();
            parts.join(&then)
        }
        _ => {
            let kinds = [Kind::Pass, Kind::Fail, Kind::Unknown, Kind::Held];
            let sum = |kind| runs.iter().filter(|(of, _)| *of == kind).map(|(_, count)| count).sum::<usize>();
            let counted = kinds.map(|kind| (kind, sum(kind)));
            let counted = counted.into_iter().filter(|(_, count)| *count > 0);
            let parts: Vec<String> = counted.map(|(kind, count)| readings(language, kind, count)).collect();
            let last = runs.last().map(|(kind, count)| readings(language, *kind, *count)).unwrap_or_default();
            let all = parts.join(", ");
            text!(language, "{all}, alternadas; no fim {last}", "{all}, in turn; at the end {last}")
        }
    }
}

/// A ratio in percent with two decimals, never rounded up to all; `None` where nothing was judged.
pub fn percent(language: Language, ratio: Option<f64>) -> String {
    let Some(ratio) = ratio else { return "—".into() };
    let text = match (ratio * 10_000.0).floor() / 100.0 {
        all if all >= 100.0 => "100".to_string(),
        part => format!("{part:.2}"),
    };
    if language == Language::Portuguese { text.replace('.', ",") } else { text }
}

/// A latency, as short as it can be read.
pub fn milliseconds(language: Language, milliseconds: u128) -> String {
    let text = match milliseconds {
        0..1000 => return format!("{milliseconds} ms"),
        1000..10_000 => format!("{}.{} s", milliseconds / 1000, milliseconds % 1000 / 100),
        _ => format!("{} s", milliseconds / 1000),
    };
    if language == Language::Portuguese { text.replace('.', ",") } else { text }
}

/// For how long it was down.
pub fn down(language: Language, span: &str) -> String {
    text!(language, "{span} fora", "{span} down")
}

/// How many readings failed.
pub fn failures(language: Language, count: u64) -> String {
    readings(language, Kind::Fail, usize::try_from(count).unwrap_or(usize::MAX))
}

/// The label of a number without its column.
pub fn availability_of(language: Language, span: &str) -> String {
    text!(language, "disponibilidade {span}: ", "availability {span}: ")
}

/// The grid, for those who do not see it.
pub fn grid(language: Language, fails: usize, days: usize, maintenance: usize, gaps: usize) -> String {
    let hours = |count: usize| match count {
        1 => text!(language, "1 hora", "1 hour"),
        _ => text!(language, "{count} horas", "{count} hours"),
    };
    let (fail, of_maintenance, gap) = (hours(fails), hours(maintenance), hours(gaps));
    let on = match days {
        0 => String::new(),
        1 => text!(language, " em 1 dia", " on 1 day"),
        _ => text!(language, " em {days} dias", " on {days} days"),
    };
    text!(
        language,
        "30 dias por hora do dia: {fail} com falha{on}, {of_maintenance} de manutenção, {gap} sem leitura",
        "30 days by hour of the day: {fail} with failures{on}, {of_maintenance} of maintenance, {gap} without a reading"
    )
}

/// The latencies of a day, for those who do not see them.
pub fn latencies(language: Language, median: &str, worst: &str) -> String {
    text!(language, "mediana {median}, pior {worst}", "median {median}, worst {worst}")
}

/// How often it is read.
pub fn every(language: Language, span: &str) -> String {
    text!(language, "a cada {span}", "every {span}")
}

/// Who has the history, where this replica does not.
pub fn elsewhere(language: Language, holder: Option<&str>) -> String {
    match holder {
        Some(holder) => text!(
            language,
            "O histórico está na réplica {holder}, que não respondeu. O resto da página está em dia.",
            "Replica {holder} has the history, and did not answer. The rest of the page is up to date."
        ),
        None => text!(
            language,
            "O histórico está na réplica líder, que não é conhecida agora. O resto da página está em dia.",
            "The replica that leads has the history, and is not known now. The rest of the page is up to date."
        ),
    }
}

/// What a run on request came to, and when.
pub fn requested(language: Language, ago: &str) -> String {
    text!(language, "execução pedida, {ago}", "run on request, {ago}")
}

/// The time of the print.
pub fn as_of(language: Language, at: &str) -> String {
    text!(language, "Situação em {at}", "As of {at}")
}

/// Since when no notice has left by a channel.
pub fn not_leaving(language: Language, channel: Channel, at: &str) -> String {
    let channel = match (channel, language) {
        (Channel::Mail, Language::Portuguese) => "E-mail",
        (Channel::Mail, Language::English) => "Mail",
        (Channel::Ntfy, _) => "ntfy",
        (Channel::Webhook, _) => "Webhook",
    };
    text!(language, "{channel}: nenhum aviso sai desde {at}", "{channel}: no notice has left since {at}")
}

/// Since when nothing was read.
pub fn nothing_since(language: Language, at: &str) -> String {
    text!(language, "nenhuma leitura desde {at}", "no reading since {at}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strip_is_spoken_in_order_or_counted() {
        use Kind::{Fail, Held, Pass, Unknown};
        let say = |runs: &[(Kind, usize)]| strip(Language::Portuguese, runs);
        assert_eq!(say(&[]), "Nenhuma leitura ainda");
        assert_eq!(say(&[(Pass, 42), (Fail, 6)]), "42 boas, depois 6 falhas");
        assert_eq!(say(&[(Pass, 1), (Unknown, 3), (Held, 1)]), "1 boa, depois 3 sem visibilidade, depois 1 retida");
        let long = [(Pass, 10), (Fail, 1), (Pass, 3), (Fail, 2), (Pass, 1)];
        assert_eq!(say(&long), "14 boas, 3 falhas, alternadas; no fim 1 boa");
    }

    #[test]
    fn numbers_are_as_short_as_they_can_be_read() {
        let percent = |ratio| percent(Language::Portuguese, ratio);
        assert_eq!([percent(None), percent(Some(1.0)), percent(Some(0.0))], ["—", "100", "0,00"]);
        assert_eq!([percent(Some(0.999_999)), percent(Some(0.984))], ["99,99", "98,40"]);
        let latency = |ms| milliseconds(Language::Portuguese, ms);
        assert_eq!([latency(0), latency(84), latency(1_950), latency(10_400)], ["0 ms", "84 ms", "1,9 s", "10 s"]);
        assert_eq!(milliseconds(Language::English, 1_950), "1.9 s");
    }
}
