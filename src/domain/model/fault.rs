//! Why there is no answer of the model.

/// Why there is no answer of the model. Texts in it are those of the server or of libraries: one line, cut, without credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelFault {
    /// The server can't be reached, or the connection was lost before the answer was complete.
    Away { error: String },
    /// The server does not have the model, which has to be pulled.
    Missing { model: String },
    /// No complete answer within the time limit. The server may still be evaluating the prompt.
    Timeout { seconds: u64 },
    /// The answer ended for another reason (`done_reason`) than that it was complete: `length` is the limit of tokens.
    Cut { reason: String },
    /// The answer is complete, and has no text.
    Empty,
    /// The answer, or a line of it, is longer than is read.
    TooLong,
    /// The answer is not in the format of the protocol.
    Malformed { error: String },
    /// The answer is in the format of the protocol, and does not say what it should.
    Unfit(Unfit),
    /// No answer to a request that needs no model.
    Silent { seconds: u64 },
    /// The server answered with a redirect, which is not followed.
    Redirect { status: u16 },
    /// The server answered with an HTTP status that is an error.
    Refused { status: u16, error: String },
    /// The server reported an error in the middle of its answer.
    Failed { error: String },
    /// A defect of this program; the log has the panic.
    Defect,
}

/// What is wrong with an answer that is in the format of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// It ends before it says that it is done.
    NoEnd,
    /// It says that it is not done.
    NotDone,
    /// A version or digest is empty, too long or not printable.
    Digest,
    /// It does not say how long it took.
    NoDurations,
    /// There is not one vector for each text.
    VectorCount,
    /// The vectors differ in length.
    VectorLengths,
    /// A vector is empty, too long or not of numbers.
    Vector,
}

/// What a fault means for the next call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The server answered: other calls may succeed.
    Answered,
    /// The server can't be used: calls begin again after a while.
    Away,
    /// The call was ended before the server was done with it: it may still be busy.
    Cancelled,
}

impl ModelFault {
    /// Value of `reason` in the advice that is given instead.
    pub fn reason(&self) -> &'static str {
        match self {
            ModelFault::Away { .. } | ModelFault::Silent { .. } | ModelFault::Redirect { .. } => "ModelAway",
            ModelFault::Refused { status, .. } if is_servers(*status) => "ModelAway",
            ModelFault::Missing { .. } => "ModelMissing",
            ModelFault::Timeout { .. } => "ModelTooSlow",
            ModelFault::Cut { .. }
            | ModelFault::Empty
            | ModelFault::TooLong
            | ModelFault::Malformed { .. }
            | ModelFault::Unfit(_)
            | ModelFault::Refused { .. }
            | ModelFault::Failed { .. }
            | ModelFault::Defect => "AnswerRefused",
        }
    }

    /// What it means for the next call.
    pub fn effect(&self) -> Effect {
        match self {
            ModelFault::Away { .. } | ModelFault::Silent { .. } | ModelFault::Redirect { .. } => Effect::Away,
            ModelFault::Refused { status, .. } if is_servers(*status) => Effect::Away,
            // The connection was closed, or may have been, while the server was still sending.
            ModelFault::Defect
            | ModelFault::Timeout { .. }
            | ModelFault::TooLong
            | ModelFault::Malformed { .. }
            | ModelFault::Unfit(_) => Effect::Cancelled,
            ModelFault::Missing { .. }
            | ModelFault::Cut { .. }
            | ModelFault::Empty
            | ModelFault::Refused { .. }
            | ModelFault::Failed { .. } => Effect::Answered,
        }
    }
}

/// Whether a status says that the server, or a proxy before it, can't be used: also 401, 403 and 429, which concern every call.
fn is_servers(status: u16) -> bool {
    status >= 500 || [401, 403, 407, 429].contains(&status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_tells_why_there_is_no_advice_and_whether_to_call_again() {
        let text = || "X1".to_string();
        let refused = |status| ModelFault::Refused { status, error: text() };
        for (fault, reason, effect) in [
            (ModelFault::Away { error: text() }, "ModelAway", Effect::Away),
            (ModelFault::Redirect { status: 302 }, "ModelAway", Effect::Away),
            (refused(500), "ModelAway", Effect::Away),
            (refused(503), "ModelAway", Effect::Away),
            (refused(401), "ModelAway", Effect::Away),
            (refused(429), "ModelAway", Effect::Away),
            (refused(400), "AnswerRefused", Effect::Answered),
            (ModelFault::Missing { model: text() }, "ModelMissing", Effect::Answered),
            (ModelFault::Timeout { seconds: 600 }, "ModelTooSlow", Effect::Cancelled),
            (ModelFault::Cut { reason: "length".into() }, "AnswerRefused", Effect::Answered),
            (ModelFault::Empty, "AnswerRefused", Effect::Answered),
            (ModelFault::TooLong, "AnswerRefused", Effect::Cancelled),
            (ModelFault::Malformed { error: text() }, "AnswerRefused", Effect::Cancelled),
            (ModelFault::Unfit(Unfit::NoEnd), "AnswerRefused", Effect::Cancelled),
            (ModelFault::Silent { seconds: 10 }, "ModelAway", Effect::Away),
            (ModelFault::Failed { error: text() }, "AnswerRefused", Effect::Answered),
            (ModelFault::Defect, "AnswerRefused", Effect::Cancelled),
        ] {
            assert_eq!((fault.reason(), fault.effect()), (reason, effect), "{fault:?}");
        }
    }
}
