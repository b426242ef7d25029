//! The handover of a shift: what happened, what is open, what is silenced.

use crate::domain::texts::Language;

words! {
    title: "Passagem de turno", "Handover";
    since: "Desde", "Since";
    hours: "Turno", "Shift";
    show: "Mostrar", "Show";
    print: "Imprimir com Ctrl P", "Print with Ctrl P";
    as_text: "Texto para enviar", "Text to send";
    open_text: "Abrir como texto", "Open as text";
    copy: "Selecione tudo e copie.", "Select all and copy.";
    still_open: "O que continua em aberto", "What is still open";
    none_open: "Nada em aberto.", "Nothing is open.";
    happened: "O que aconteceu", "What happened";
    nothing_happened: "Nada abriu, nada foi resolvido e ninguém agiu neste período.",
        "Nothing opened, nothing was resolved and nobody acted in this time.";
    silenced: "O que está silenciado", "What is silenced";
    none_silenced: "Nada está silenciado.", "Nothing is silenced.";
    unwatched: "O que não está sendo vigiado", "What is not watched";
    opened: "abriu", "opened";
    resolved: "resolvida", "resolved";
    nobody: "ninguém reconheceu", "nobody acknowledged it";
    until: "até", "until";
    begins: "começa", "begins";
}

/// The shift, before its times.
pub fn period(language: Language, since: &str, until: &str) -> String {
    text!(language, "De {since} a {until}", "From {since} to {until}")
}

/// The sentence that sums the shift up.
pub fn summary(language: Language, opened: usize, resolved: usize, open: usize) -> String {
    let opened = match opened {
        0 => text!(language, "Nenhuma ocorrência abriu", "No Finding opened"),
        1 => text!(language, "1 ocorrência abriu", "1 Finding opened"),
        _ => text!(language, "{opened} ocorrências abriram", "{opened} Findings opened"),
    };
    let resolved = match resolved {
        0 => text!(language, "nenhuma foi resolvida", "none was resolved"),
        1 => text!(language, "1 foi resolvida", "1 was resolved"),
        _ => text!(language, "{resolved} foram resolvidas", "{resolved} were resolved"),
    };
    let open = match open {
        0 => text!(language, "nada continua em aberto", "nothing is still open"),
        1 => text!(language, "1 continua em aberto", "1 is still open"),
        _ => text!(language, "{open} continuam em aberto", "{open} are still open"),
    };
    text!(language, "{opened}, {resolved}, {open}.", "{opened}, {resolved}, {open}.")
}

/// Who works on a Finding.
pub fn taken_by(language: Language, by: &str) -> String {
    text!(language, "com {by}", "{by} has it")
}

/// Who acknowledged a Finding.
pub fn with(language: Language, by: &str) -> String {
    text!(language, "reconhecida por {by}", "acknowledged by {by}")
}

/// How many more there are than are shown.
pub fn more(language: Language, count: usize) -> String {
    text!(language, "… e mais {count}", "… and {count} more")
}

/// So many hours.
pub fn last_hours(language: Language, hours: i64) -> String {
    text!(language, "últimas {hours} h", "last {hours} h")
}
