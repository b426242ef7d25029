//! The pages of the demo that show the mails that were sent.

use super::language::Language;

/// A word or a sentence of these pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text {
    Title,
    Heading,
    Introduction,
    NoMail,
    NoSubject,
    AllMails,
    From,
    To,
    Received,
    TextPart,
    HtmlFrame,
    NoHtmlPart,
    NoTextPart,
    Headers,
    Source,
}

/// A word or a sentence.
pub fn text(language: Language, text: Text) -> &'static str {
    let (portuguese, english) = match text {
        Text::Title => ("E-mails", "Mails"),
        Text::Heading => ("E-mails que o ambiente simulado recebeu", "Mails that the simulated estate received"),
        Text::Introduction => (
            "O mais recente primeiro; a página é recarregada a cada 5 segundos. Como texto:",
            "The newest first; the page is loaded again every 5 seconds. As plain text:",
        ),
        Text::NoMail => ("Nenhum ainda.", "None yet."),
        Text::NoSubject => ("(sem assunto)", "(no subject)"),
        Text::AllMails => ("Todos os e-mails", "All mails"),
        Text::From => ("De", "From"),
        Text::To => ("Para", "To"),
        Text::Received => ("Recebido em", "Received"),
        Text::TextPart => ("Texto", "Text"),
        Text::HtmlFrame => ("Parte HTML do e-mail", "HTML part of the mail"),
        Text::NoHtmlPart => ("O e-mail não tem parte HTML.", "The mail has no HTML part."),
        Text::NoTextPart => ("O e-mail não tem parte de texto.", "The mail has no text part."),
        Text::Headers => ("Cabeçalhos", "Headers"),
        Text::Source => ("A mensagem inteira, como foi enviada", "The whole message as it was sent"),
    };
    match language {
        Language::Portuguese => portuguese,
        Language::English => english,
    }
}

/// The column headings of the list as text.
pub fn columns(language: Language) -> [&'static str; 5] {
    match language {
        Language::Portuguese => ["ID", "RECEBIDO EM", "DE", "PARA", "ASSUNTO"],
        Language::English => ["ID", "RECEIVED", "FROM", "TO", "SUBJECT"],
    }
}

/// No mail has this id, or it is no longer kept.
pub fn no_such_mail(language: Language, id: &str) -> String {
    text!(
        language,
        "nenhum e-mail tem o id {id:?}; /mail.txt lista os que ainda existem",
        "no mail has the id {id:?}; /mail.txt lists those that are kept",
    )
}
