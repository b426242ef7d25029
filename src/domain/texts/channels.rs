//! Why a message did not leave, and the output of `agentic-ops notify test`.

use super::language::Language;
use crate::domain::outgoing::Delivery;

/// What keeps a message from being accepted, where no server's answer tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChannelFault {
    /// The settings do not configure the channel.
    Off,
    /// Not a mail address.
    NotAnAddress,
    /// The address has characters that the server does not support (SMTPUTF8).
    NotAscii,
    /// The message could not be put together; the library's message.
    Unbuildable(String),
    /// STARTTLS is required, and the server does not offer it.
    NoStartTls,
    /// The server sent something before TLS that belongs after it.
    Injected,
    /// The server answered what it was not asked.
    Unasked,
    /// Lines of an answer are too long or too many.
    AnswerTooLong,
    /// There are credentials, and the connection is not encrypted.
    CredentialsUnencrypted,
    /// The server offers none of the ways of authentication that are known.
    NoAuthentication,
    /// The server does not accept user and password, or asks for them; its answer.
    Authentication { answer: String },
    /// The handshake of TLS failed; the library's message.
    Tls { error: String },
    /// No answer to a step within its time.
    NoAnswer { seconds: u64 },
    /// The server closed the connection, or it failed; the error of the operating system.
    Lost { error: String },
    /// The message was sent, and its answer did not come or is none; the error.
    Unanswered { error: String },
    /// An answer that is none, or not to this.
    NotAnAnswer { answer: String },
    /// The status of a redirect.
    Redirect { status: u16 },
}

/// What keeps a message from being accepted.
pub fn channel_fault(language: Language, fault: &ChannelFault) -> String {
    match fault {
        ChannelFault::Off => text!(language, "o canal não está configurado", "the channel is not configured"),
        ChannelFault::NotAnAddress => {
            text!(language, "o destinatário não é um endereço de e-mail", "the recipient is not a mail address")
        }
        ChannelFault::NotAscii => text!(
            language,
            "o servidor não aceita endereços com acentos (SMTPUTF8)",
            "the server does not support addresses that are not ASCII (SMTPUTF8)",
        ),
        ChannelFault::Unbuildable(error) => {
            text!(language, "a mensagem não pôde ser montada: {error}", "the message cannot be put together: {error}")
        }
        ChannelFault::NoStartTls => text!(
            language,
            "o servidor não oferece STARTTLS, exigido por SMTP_URL (tls=required): nada foi enviado",
            "the server does not offer STARTTLS, which SMTP_URL requires (tls=required): nothing was sent",
        ),
        ChannelFault::Injected => text!(
            language,
            "o servidor enviou dados sem criptografia depois de aceitar STARTTLS: a conexão foi recusada",
            "the server sent unencrypted data after it accepted STARTTLS: the connection was refused",
        ),
        ChannelFault::Unasked => text!(
            language,
            "o servidor respondeu antes de ser perguntado: a conexão foi encerrada",
            "the server answered before it was asked: the connection was closed",
        ),
        ChannelFault::AnswerTooLong => {
            text!(language, "a resposta do servidor é longa demais", "the answer of the server is too long")
        }
        ChannelFault::CredentialsUnencrypted => text!(
            language,
            "o servidor não oferece STARTTLS, e usuário e senha não são enviados sem criptografia (a menos que SMTP_URL tenha tls=none)",
            "the server does not offer STARTTLS, and user and password are not sent unencrypted (unless SMTP_URL has tls=none)",
        ),
        ChannelFault::NoAuthentication => text!(
            language,
            "o servidor não oferece autenticação PLAIN nem LOGIN, e SMTP_URL tem usuário e senha",
            "the server offers neither PLAIN nor LOGIN authentication, and SMTP_URL has user and password",
        ),
        ChannelFault::Authentication { answer } => text!(
            language,
            "o servidor não aceita usuário e senha de SMTP_URL, ou exige algum: {answer}",
            "the server does not accept user and password of SMTP_URL, or requires them: {answer}",
        ),
        ChannelFault::Tls { error } => text!(language, "o TLS falhou: {error}", "TLS failed: {error}"),
        ChannelFault::NoAnswer { seconds } => {
            text!(language, "sem resposta em {seconds} s", "no answer within {seconds} s")
        }
        ChannelFault::Lost { error } => {
            text!(language, "a conexão foi perdida: {error}", "the connection was lost: {error}")
        }
        ChannelFault::Unanswered { error } => text!(
            language,
            "a mensagem foi enviada, mas a resposta não chegou ou não foi entendida; pode ter sido aceita: {error}",
            "the message was sent, and its answer did not come or was not understood; it may have been accepted: {error}",
        ),
        ChannelFault::NotAnAnswer { answer } => {
            text!(language, "resposta inesperada do servidor: {answer}", "unexpected answer of the server: {answer}")
        }
        ChannelFault::Redirect { status } => text!(
            language,
            "HTTP {status}: redirecionamentos não são seguidos; configure o endereço final",
            "HTTP {status}: redirects are not followed; the setting needs the final address",
        ),
    }
}

/// The title of the message that `agentic-ops notify test` sends.
pub fn test_subject(language: Language) -> String {
    text!(language, "Mensagem de teste do Agentic Ops", "Test message of Agentic Ops")
}

/// The text of that message; `host` sends it, and `at` is the time.
pub fn test_body(language: Language, host: &str, at: &str) -> String {
    text!(
        language,
        "Este é um teste do canal, enviado por {host} em {at} com `agentic-ops notify test`.\nNada está quebrado.",
        "This tests the channel. Sent by {host} at {at} with `agentic-ops notify test`.\nNothing is broken.",
    )
}

/// No channel is configured.
pub fn no_channel(language: Language) -> String {
    text!(language, "nenhum canal está configurado:", "no channel is configured:")
}

/// A channel is off, since these settings have no value.
pub fn channel_off(language: Language, channel: &str, missing: &[&str]) -> String {
    let missing = missing.join(", ");
    text!(
        language,
        "{channel}: não configurado; configurações sem valor: {missing}",
        "{channel}: not configured; settings without a value: {missing}"
    )
}

/// A test message is about to be sent.
pub fn sending_test(language: Language, channel: &str, recipient: &str) -> String {
    text!(language, "{channel}: enviando para {recipient}", "{channel}: sending to {recipient}")
}

/// The connection is encrypted by this version of TLS, with a certificate that was verified.
pub fn certificate_verified(language: Language, version: &str) -> String {
    text!(language, "{version}, certificado verificado", "{version}, certificate verified")
}

/// What came of an attempt to send.
pub fn delivery(language: Language, delivery: &Delivery) -> String {
    match delivery {
        Delivery::Accepted(answer) => text!(language, "aceita: {answer}", "accepted: {answer}"),
        Delivery::Refused(answer) => {
            text!(language, "recusada em definitivo: {answer}", "refused for good: {answer}")
        }
        Delivery::NotNow(answer) => {
            text!(language, "não entregue agora: {answer}", "not accepted now: {answer}")
        }
        Delivery::Uncertain(answer) => {
            text!(language, "incerto, pode ter sido aceita: {answer}", "uncertain, it may have been accepted: {answer}")
        }
    }
}
