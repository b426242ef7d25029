//! Words that several pages use.

use crate::api::Severity;
use crate::domain::texts::Language;

words! {
    skip: "Ir para o conteúdo", "Skip to the content";
    main_navigation: "Principal", "Main";
    inbox: "Caixa", "Inbox";
    board: "Quadro", "Board";
    sign_in: "Entrar", "Sign in";
    sign_out: "Sair", "Sign out";
    theme: "Tema", "Theme";
    language: "Idioma", "Language";
    other_language: "English", "Português";
    back_to_inbox: "Voltar à caixa", "Back to the inbox";
    try_again: "Tentar de novo", "Try again";
    send: "Enviar", "Send";
    theme_system: "sistema", "system";
    theme_light: "claro", "light";
    theme_dark: "escuro", "dark";
    preferences: "Preferências", "Preferences";
    nothing_here: "Não há nada neste endereço", "There is nothing at this address";
    nothing_here_more: "O objeto pode ter sido removido, ou o endereço está incompleto.",
        "The object may have been removed, or the address is incomplete.";
    not_done: "Não foi feito", "This was not done";
    too_many: "Muitas requisições em um minuto", "Too many requests within a minute";
    not_accepted: "O envio não foi aceito", "The form was not accepted";
    not_accepted_more: "A página estava aberta há muito tempo ou veio de outro endereço. Abra-a de novo e repita.",
        "The page was open for too long, or came from another address. Open it again and repeat.";
    server_away: "Sem resposta do servidor", "No answer from the server";
    server_away_since: "desde", "since";
    server_away_more: "O que está na tela é o que se sabia. Rascunhos estão guardados neste navegador; os avisos saem sem o painel.",
        "What is on the screen is what was known. Drafts are kept in this browser; notices are sent without the panel.";
    try_now: "Tentar já", "Try now";
    too_many_windows: "Há navegadores demais abertos com seu nome. Esta página não se atualiza sozinha: recarregue-a.",
        "Too many browsers are open with your name. This page does not update itself: reload it.";
    keys: "Atalhos do teclado", "Keyboard shortcuts";
    keys_on: "ligados", "on";
    keys_off: "desligados", "off";
    keys_more: "Fora de caixas de texto. Podem ser desligados no menu com seu nome.",
        "Outside of text boxes. They can be switched off in the menu with your name.";
    close: "Fechar", "Close";
    key_move: "andar na lista", "move in the list";
    key_move_more: "andar na caixa e nas outras listas", "move in the inbox and in other lists";
    key_mark: "marcar", "select";
    key_ack: "reconhecer", "acknowledge";
    key_open: "abrir", "open";
    key_select: "marcar, na caixa", "select, in the inbox";
    key_reply: "responder", "reply";
    key_acknowledge: "reconhecer: o que está marcado, a linha ou a ocorrência", "acknowledge: what is selected, the row or the Finding";
    key_take: "assumir ou devolver", "take over or release";
    key_run: "verificar agora", "check now";
    key_silence: "silenciar", "silence";
    key_undo: "desfazer", "undo";
    key_send: "enviar a resposta", "send the reply";
    key_help: "esta lista", "this list";
    round: "Ronda", "Round";
    field_note: "Nota", "Note";
    field_reason: "Motivo", "Reason";
    field_duration: "Duração", "Duration";
    field_message: "Mensagem", "Message";
    field_vote: "Voto", "Vote";
    field_from: "Início", "Beginning";
    field_until: "Fim", "End";
    not_proven: "nome não comprovado", "name not proven";
}

/// A severity as the property of a Finding, which is feminine in Portuguese.
pub fn severity(language: Language, severity: Severity) -> &'static str {
    match (language, severity) {
        (Language::Portuguese, Severity::Critical) => "Crítica",
        (Language::Portuguese, Severity::High) => "Alta",
        (Language::Portuguese, Severity::Medium) => "Média",
        (Language::Portuguese, Severity::Low) => "Baixa",
        (Language::Portuguese, Severity::Info) => "Informativa",
        (Language::English, Severity::Critical) => "Critical",
        (Language::English, Severity::High) => "High",
        (Language::English, Severity::Medium) => "Medium",
        (Language::English, Severity::Low) => "Low",
        (Language::English, Severity::Info) => "Info",
    }
}

/// So many seconds after which one more request is possible.
pub fn wait_seconds(language: Language, seconds: u64) -> String {
    text!(language, "Tente de novo em {seconds} s.", "Try again in {seconds} s.")
}

/// How many of the Scenarios are up to date.
pub fn up_to_date(language: Language, fresh: usize, all: usize) -> String {
    text!(language, "{fresh} de {all} em dia", "{fresh} of {all} up to date")
}

/// The name that people see of a field of the input of a command.
pub fn field(language: Language, name: &str) -> &str {
    let text = match name {
        "note" => field_note,
        "reason" => field_reason,
        "duration" => field_duration,
        "body" | "message" => field_message,
        "vote" => field_vote,
        "from" => field_from,
        "until" | "ends_at" => field_until,
        other => return other,
    };
    text(language)
}
