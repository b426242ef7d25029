//! Texts of channels and of `notify test`.

use super::super::*;
use super::{check, s};
use crate::domain::outgoing::Delivery;

#[test]
fn faults_of_channels_are_in_both_languages() {
    let faults = samples!(ChannelFault {
        ChannelFault::Off => ChannelFault::Off,
        ChannelFault::NotAnAddress => ChannelFault::NotAnAddress,
        ChannelFault::NotAscii => ChannelFault::NotAscii,
        ChannelFault::Unbuildable(_) => ChannelFault::Unbuildable(s()),
        ChannelFault::NoStartTls => ChannelFault::NoStartTls,
        ChannelFault::Injected => ChannelFault::Injected,
        ChannelFault::Unasked => ChannelFault::Unasked,
        ChannelFault::AnswerTooLong => ChannelFault::AnswerTooLong,
        ChannelFault::CredentialsUnencrypted => ChannelFault::CredentialsUnencrypted,
        ChannelFault::NoAuthentication => ChannelFault::NoAuthentication,
        ChannelFault::Authentication { .. } => ChannelFault::Authentication { answer: s() },
        ChannelFault::Tls { .. } => ChannelFault::Tls { error: s() },
        ChannelFault::NoAnswer { .. } => ChannelFault::NoAnswer { seconds: 15 },
        ChannelFault::Lost { .. } => ChannelFault::Lost { error: s() },
        ChannelFault::Unanswered { .. } => ChannelFault::Unanswered { error: s() },
        ChannelFault::NotAnAnswer { .. } => ChannelFault::NotAnAnswer { answer: s() },
        ChannelFault::Redirect { .. } => ChannelFault::Redirect { status: 302 },
    });
    for fault in faults {
        check(&format!("{fault:?}"), |l| channel_fault(l, &fault));
    }
}

#[test]
fn the_output_of_notify_test_is_in_both_languages() {
    check("test_subject", test_subject);
    check("test_body", |l| test_body(l, "X1", "X1"));
    check("certificate_verified", |l| certificate_verified(l, "TLSv1.3"));
    check("no_channel", no_channel);
    check("channel_off", |l| channel_off(l, "mail", &["SMTP_URL", "MAIL_FROM"]));
    check("sending", |l| sending_test(l, "mail", "ana@example.org"));
    let results = samples!(Delivery {
        Delivery::Accepted(_) => Delivery::Accepted(s()),
        Delivery::Refused(_) => Delivery::Refused(s()),
        Delivery::NotNow(_) => Delivery::NotNow(s()),
        Delivery::Uncertain(_) => Delivery::Uncertain(s()),
    });
    for result in results {
        check(&format!("{result:?}"), |l| delivery(l, &result));
    }
}
