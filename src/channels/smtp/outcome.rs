//! What came of an attempt to send a mail, by where it ended and how.

use crate::channels::addresses::address_error;
use crate::domain::outgoing::Delivery;
use crate::domain::texts::{self, ChannelFault, Language};
use crate::net::AddressError;

/// A step of sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Connect,
    /// The greeting of the server, and EHLO.
    Hello,
    StartTls,
    Tls,
    Auth,
    Sender,
    Recipient,
    Data,
    /// The message with the final dot.
    Message,
}

impl Step {
    fn as_str(self) -> &'static str {
        match self {
            Step::Connect => "TCP",
            Step::Hello => "EHLO",
            Step::StartTls => "STARTTLS",
            Step::Tls => "TLS",
            Step::Auth => "AUTH",
            Step::Sender => "MAIL FROM",
            Step::Recipient => "RCPT TO",
            Step::Data => "DATA",
            Step::Message => "DATA",
        }
    }
}

/// How an attempt ended without acceptance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The server's answer, 4xx or 5xx, with its text.
    Answer {
        code: u16,
        text: String,
    },
    /// The error of a library or of the operating system.
    Foreign(String),
    /// There is no address to connect to.
    Address(AddressError),
    Fault(ChannelFault),
    /// The whole message was sent, and the answer to it is not known.
    Unanswered(String),
}

/// 5xx that are about the settings, whatever the recipient: authentication or encryption is required, or refused.
const ABOUT_SETTINGS: [u16; 5] = [530, 534, 535, 538, 523];

/// `server` is its host and port, and `accepted` the answer to the message.
pub(super) fn delivery(language: Language, server: &str, ended: Result<String, (Step, Failure)>) -> Delivery {
    let (step, failure) = match ended {
        Ok(accepted) => return Delivery::Accepted(accepted),
        Err(ended) => ended,
    };
    let at = |text: &str| format!("{}: {text}", step.as_str());
    let fault = |fault: &ChannelFault| format!("{server}: {}", at(&texts::channel_fault(language, fault)));
    match failure {
        Failure::Answer { code, text } if ABOUT_SETTINGS.contains(&code) || step == Step::Auth && code >= 500 => {
            Delivery::NotNow(fault(&ChannelFault::Authentication { answer: text }))
        }
        Failure::Answer { code, text } => {
            let is_about_message = matches!(step, Step::Sender | Step::Recipient | Step::Data | Step::Message);
            if code >= 500 && is_about_message { Delivery::Refused(at(&text)) } else { Delivery::NotNow(at(&text)) }
        }
        Failure::Foreign(error) => Delivery::NotNow(format!("{server}: {}", at(&error))),
        Failure::Address(error) => Delivery::NotNow(format!("{server}: {}", at(&address_error(language, &error)))),
        Failure::Fault(ChannelFault::NotAscii) => Delivery::Refused(fault(&ChannelFault::NotAscii)),
        Failure::Fault(cause) => Delivery::NotNow(fault(&cause)),
        Failure::Unanswered(error) => Delivery::Uncertain(fault(&ChannelFault::Unanswered { error })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: [Step; 9] = [
        Step::Connect,
        Step::Hello,
        Step::StartTls,
        Step::Tls,
        Step::Auth,
        Step::Sender,
        Step::Recipient,
        Step::Data,
        Step::Message,
    ];

    fn of(step: Step, failure: Failure) -> Delivery {
        delivery(Language::English, "mail:25", Err((step, failure)))
    }

    fn answer(code: u16) -> Failure {
        Failure::Answer { code, text: format!("{code} why") }
    }

    #[test]
    fn only_5xx_about_the_message_refuses_it() {
        for step in STEPS {
            for code in [421, 450, 451, 452, 454] {
                assert!(matches!(of(step, answer(code)), Delivery::NotNow(_)), "{step:?} {code}");
            }
            let refuses = matches!(step, Step::Sender | Step::Recipient | Step::Data | Step::Message);
            for code in [500, 501, 521, 550, 552, 553, 554] {
                let is_refused = matches!(of(step, answer(code)), Delivery::Refused(_));
                assert_eq!(is_refused, refuses, "{step:?} {code}");
            }
        }
        assert_eq!(of(Step::Recipient, answer(550)), Delivery::Refused("RCPT TO: 550 why".into()));
    }

    #[test]
    fn refused_credentials_are_not_the_recipients_fault() {
        for (step, code) in [(Step::Auth, 535), (Step::Auth, 504), (Step::Sender, 530), (Step::Recipient, 530)] {
            let Delivery::NotNow(text) = of(step, answer(code)) else { panic!("{step:?} {code}") };
            assert!(text.contains("SMTP_URL") && text.contains(&format!("{code} why")), "{text}");
        }
    }

    #[test]
    fn only_a_message_without_an_answer_is_uncertain() {
        for step in STEPS {
            let lost = Failure::Fault(ChannelFault::Lost { error: "reset".into() });
            assert!(matches!(of(step, lost), Delivery::NotNow(_)), "{step:?}");
            assert!(matches!(of(step, Failure::Foreign("x".into())), Delivery::NotNow(_)), "{step:?}");
        }
        assert!(matches!(of(Step::Message, Failure::Unanswered("reset".into())), Delivery::Uncertain(_)));
        assert_eq!(delivery(Language::English, "mail:25", Ok("250 ok".into())), Delivery::Accepted("250 ok".into()));
    }
}
