//! Questions to name servers, and what their answers mean.

use hickory_proto::op::{Edns, Header, Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType};
use hickory_proto::serialize::binary::{BinDecodable, BinDecoder};
use std::fmt;
use std::io;
use std::net::IpAddr;

/// The size of UDP answers that is offered by EDNS; larger ones may be lost on the way.
const EDNS_PAYLOAD: u16 = 1232;
const MAX_LABEL: usize = 63;
/// With a byte for each label, and without the one of the root.
const MAX_NAME: usize = 254;

/// One question, and the messages that ask it.
pub struct Question {
    query: Query,
    /// Without EDNS.
    pub plain: Packet,
    pub edns: Option<Packet>,
}

/// An encoded message.
pub struct Packet {
    id: u16,
    pub bytes: Vec<u8>,
}

/// An answer about the name: it exists or not (`NoError` or `NXDomain`).
#[derive(Debug)]
pub struct Reply {
    pub code: ResponseCode,
    /// The records of the answer section.
    pub records: Vec<Record>,
}

/// Why a server gave no answer about the name.
#[derive(Debug)]
pub enum Failure {
    /// An error such as SERVFAIL.
    Code(ResponseCode),
    /// An empty answer of a server that neither knows the name nor looks it up.
    Lame,
    Malformed(String),
    Io(io::Error),
}

/// What a received message is.
#[derive(Debug)]
pub enum Received {
    /// Not an answer to the question.
    Other,
    /// The whole answer has to be asked for by TCP.
    Truncated,
    /// The question has to be asked without EDNS.
    EdnsRefused,
    Reply(Reply),
    Failed(Failure),
}

impl Question {
    /// Errors: the name can't be encoded.
    pub fn new(name: &Name, record_type: RecordType, edns: bool) -> Result<Question, String> {
        let query = Query::query(name.clone(), record_type);
        let plain = Packet::new(&query, false)?;
        let edns = if edns { Some(Packet::new(&query, true)?) } else { None };
        Ok(Question { query, plain, edns })
    }

    /// What the message `bytes` means as an answer to this question.
    pub fn received(&self, bytes: &[u8]) -> Received {
        let mut decoder = BinDecoder::new(bytes);
        let Ok(header) = Header::read(&mut decoder) else { return Received::Other };
        let Header { metadata, counts } = header;
        let is_to_edns = self.edns.as_ref().is_some_and(|packet| packet.id == metadata.id);
        if metadata.message_type != MessageType::Response || !is_to_edns && metadata.id != self.plain.id {
            return Received::Other;
        }
        let code = if is_to_edns { with_edns(bytes) } else { None }.unwrap_or(metadata.response_code);
        let is_about_name = matches!(code, ResponseCode::NoError | ResponseCode::NXDomain);
        match counts.queries {
            // Servers that reject a question may leave it out.
            0 if !is_about_name => {}
            1 => match Query::read(&mut decoder) {
                Ok(query) if query == self.query => {}
                _ => return Received::Other,
            },
            _ => return Received::Other,
        }
        if is_to_edns && is_edns_refusal(code) {
            return Received::EdnsRefused;
        }
        if !is_about_name {
            return Received::Failed(Failure::Code(code));
        }
        let is_known = metadata.authoritative || metadata.recursion_available || counts.additionals > 0;
        if code == ResponseCode::NoError && counts.answers == 0 && !is_known && !metadata.truncation {
            return Received::Failed(Failure::Lame);
        }
        if metadata.truncation {
            return Received::Truncated;
        }
        match Message::read_records(&mut decoder, counts.answers.into(), false, OpCode::Query) {
            Ok((records, ..)) => Received::Reply(Reply { code, records }),
            Err(error) => Received::Failed(Failure::Malformed(error.to_string())),
        }
    }
}

impl Packet {
    fn new(query: &Query, edns: bool) -> Result<Packet, String> {
        let mut message = Message::query();
        message.metadata.recursion_desired = true;
        message.add_query(query.clone());
        if edns {
            let mut edns = Edns::new();
            edns.set_max_payload(EDNS_PAYLOAD);
            message.set_edns(edns);
        }
        let bytes = message.to_vec().map_err(|e| e.to_string())?;
        Ok(Packet { id: message.metadata.id, bytes })
    }
}

/// The whole response code of a message, of which EDNS holds a part; `None` where the message can't be decoded to its end.
fn with_edns(bytes: &[u8]) -> Option<ResponseCode> {
    Message::from_vec(bytes).ok().map(|message| message.metadata.response_code)
}

/// How servers that do not understand EDNS answer.
fn is_edns_refusal(code: ResponseCode) -> bool {
    use ResponseCode::{BADSIG, BADVERS, FormErr, NotImp, ServFail};
    // BADVERS and BADSIG have the same number.
    matches!(code, FormErr | NotImp | ServFail | BADVERS | BADSIG)
}

impl Reply {
    /// The addresses of `name` by the records, and for how many seconds they may be kept. Aliases (CNAME) are followed within the
    /// answer.
    pub fn addresses(&self, name: &Name) -> (Vec<IpAddr>, u32) {
        let mut name = name;
        let mut ttl = u32::MAX;
        let records = || self.records.iter().filter(|record| record.dns_class == DNSClass::IN);
        // A chain is not longer than the answer.
        for _ in 0..self.records.len() {
            let alias = records().find_map(|record| match &record.data {
                RData::CNAME(target) if record.name == *name => Some((target, record.ttl)),
                _ => None,
            });
            let Some((target, seconds)) = alias else { break };
            ttl = ttl.min(seconds);
            name = &target.0;
        }
        let mut addresses = Vec::new();
        for record in records().filter(|record| record.name == *name) {
            let ip = match &record.data {
                RData::A(a) => IpAddr::V4(a.0),
                RData::AAAA(aaaa) => IpAddr::V6(aaaa.0),
                _ => continue,
            };
            ttl = ttl.min(record.ttl);
            addresses.push(ip);
        }
        (addresses, ttl)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Code(code) => f.write_str(&mnemonic(*code)),
            Failure::Lame => f.write_str("an empty answer without recursion"),
            Failure::Malformed(reason) => write!(f, "a malformed answer: {reason}"),
            Failure::Io(error) => error.fmt(f),
        }
    }
}

/// The name of a response code in the IANA registry.
pub fn mnemonic(code: ResponseCode) -> String {
    match code {
        ResponseCode::NoError => "NOERROR".to_string(),
        ResponseCode::FormErr => "FORMERR".to_string(),
        ResponseCode::ServFail => "SERVFAIL".to_string(),
        ResponseCode::NXDomain => "NXDOMAIN".to_string(),
        ResponseCode::NotImp => "NOTIMP".to_string(),
        ResponseCode::Refused => "REFUSED".to_string(),
        ResponseCode::BADSIG => "BADVERS".to_string(),
        other => format!("{other:?}").to_uppercase(),
    }
}

/// The name for the wire of `text`, in which a backslash escapes a character (`\.`) or gives its decimal code (`\032`). ASCII is asked
/// as it is, other labels as IDNA has them. Errors: an empty label, a label over 63 or a name over 255 bytes.
pub fn name(text: &str) -> Result<Name, String> {
    let text = text.strip_suffix('.').filter(|rest| !rest.ends_with('\\')).unwrap_or(text);
    if text.is_empty() {
        return Ok(Name::root());
    }
    let labels = split(text).into_iter().map(label).collect::<Result<Vec<_>, _>>()?;
    let length: usize = labels.iter().map(|label| label.len() + 1).sum();
    if length > MAX_NAME {
        return Err(format!("it has {} characters, and at most {} are possible", length - 1, MAX_NAME - 1));
    }
    Name::from_labels(labels.iter().map(Vec::as_slice)).map_err(|e| e.to_string())
}

/// The labels, without escapes.
fn split(text: &str) -> Vec<Vec<u8>> {
    let mut labels: Vec<Vec<u8>> = vec![Vec::new()];
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let (byte, left) = match (first, after) {
            (b'.', _) => {
                labels.push(Vec::new());
                rest = after;
                continue;
            }
            (b'\\', [a @ b'0'..=b'2', b @ b'0'..=b'9', c @ b'0'..=b'9', left @ ..]) => {
                let code = [a, b, c].into_iter().fold(0u32, |code, digit| code * 10 + u32::from(digit - b'0'));
                (u8::try_from(code).unwrap_or(u8::MAX), left)
            }
            (b'\\', [escaped, left @ ..]) => (*escaped, left),
            (byte, left) => (*byte, left),
        };
        if let Some(label) = labels.last_mut() {
            label.push(byte);
        }
        rest = left;
    }
    labels
}

fn label(bytes: Vec<u8>) -> Result<Vec<u8>, String> {
    let label = match std::str::from_utf8(&bytes) {
        Ok(text) if !text.is_ascii() => {
            let name =
                Name::from_utf8(text).map_err(|_| format!("{text:?} has characters that a name may not have"))?;
            name.iter().next().map(<[u8]>::to_vec).unwrap_or_default()
        }
        _ => bytes,
    };
    match label.len() {
        0 => Err("two dots follow each other, or a dot is the first character".to_string()),
        1..=MAX_LABEL => Ok(label),
        length => Err(format!("a part between dots has {length} characters, and at most {MAX_LABEL} are possible")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hickory_proto::rr::rdata::{A, AAAA, CNAME};

    fn question(edns: bool) -> Question {
        Question::new(&name("my_app.test").unwrap(), RecordType::A, edns).unwrap()
    }

    fn answer(packet: &Packet, change: impl FnOnce(&mut Message)) -> Vec<u8> {
        let asked = Message::from_vec(&packet.bytes).unwrap();
        let mut answer = Message::response(asked.metadata.id, OpCode::Query);
        answer.metadata.recursion_available = true;
        answer.add_queries(asked.queries);
        change(&mut answer);
        answer.to_vec().unwrap()
    }

    fn described(received: Received) -> String {
        match received {
            Received::Reply(reply) => format!("{} {}", mnemonic(reply.code), reply.records.len()),
            Received::Failed(failure) => failure.to_string(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn names_are_asked_as_they_are() {
        for (text, expected) in [
            ("my_app.Test", "6:my_app 4:Test"),
            ("s1._domainkey.test.", "2:s1 10:_domainkey 4:test"),
            ("0/25.2.0.192.in-addr.arpa", "4:0/25 1:2 1:0 3:192 7:in-addr 4:arpa"),
            (r"a\.b.te\032st", "3:a.b 5:te st"),
            ("b\u{fc}cher.test", "13:xn--bcher-kva 4:test"),
            (".", ""),
        ] {
            let labels = name(text).unwrap();
            let labels: Vec<String> =
                labels.iter().map(|l| format!("{}:{}", l.len(), String::from_utf8_lossy(l))).collect();
            assert_eq!(labels.join(" "), expected, "{text}");
        }
        let (long, longest) = ("a".repeat(64), vec!["a".repeat(63); 4].join("."));
        for text in ["a..test", ".test", "..", &long, &longest] {
            assert!(name(text).is_err(), "{text}");
        }
    }

    #[test]
    fn only_an_answer_to_the_question_is_taken() {
        let asked = question(false);
        let of = |change: &dyn Fn(&mut Message)| described(asked.received(&answer(&asked.plain, change)));
        let record = |m: &mut Message| {
            let of_name = Record::from_rdata(name("MY_APP.test").unwrap(), 60, RData::A(A::new(192, 0, 2, 1)));
            m.add_answer(of_name);
        };
        assert_eq!(of(&record), "NOERROR 1");
        assert_eq!(of(&|_| {}), "NOERROR 0");
        assert_eq!(of(&|m| m.metadata.response_code = ResponseCode::NXDomain), "NXDOMAIN 0");
        assert_eq!(of(&|m| m.metadata.response_code = ResponseCode::Refused), "REFUSED");
        assert_eq!(of(&|m| m.metadata.recursion_available = false), "an empty answer without recursion");
        assert_eq!(of(&|m| m.metadata.truncation = true), "Truncated");
        assert_eq!(of(&|m| m.metadata.id = m.metadata.id.wrapping_add(1)), "Other");
        assert_eq!(of(&|m| m.metadata.message_type = MessageType::Query), "Other");
        assert_eq!(of(&|m| m.queries[0].query_type = RecordType::AAAA), "Other");
        assert_eq!(of(&|m| m.queries.clear()), "Other");
        let rejected = |m: &mut Message| {
            m.queries.clear();
            m.metadata.response_code = ResponseCode::FormErr;
        };
        assert_eq!(of(&rejected), "FORMERR");
        let mut cut = answer(&asked.plain, record);
        cut.truncate(cut.len() - 2);
        assert!(described(asked.received(&cut)).starts_with("a malformed answer"));
        assert_eq!(described(asked.received(&[0; 5])), "Other");
    }

    #[test]
    fn edns_is_given_up_where_it_is_not_understood() {
        let asked = question(true);
        let edns = asked.edns.as_ref().unwrap();
        for (code, expected) in [
            (ResponseCode::FormErr, "EdnsRefused"),
            (ResponseCode::NotImp, "EdnsRefused"),
            (ResponseCode::ServFail, "EdnsRefused"),
            (ResponseCode::Refused, "REFUSED"),
        ] {
            let bytes = answer(edns, |m| m.metadata.response_code = code);
            assert_eq!(described(asked.received(&bytes)), expected);
            let bytes = answer(&asked.plain, |m| m.metadata.response_code = code);
            assert_eq!(described(asked.received(&bytes)), mnemonic(code));
        }
        let bytes = answer(edns, |m| {
            m.metadata.response_code = ResponseCode::BADVERS;
            let mut edns = Edns::new();
            edns.set_rcode_high(ResponseCode::BADVERS.high());
            m.set_edns(edns);
        });
        assert_eq!(described(asked.received(&bytes)), "EdnsRefused");
    }

    #[test]
    fn aliases_are_followed_within_the_answer() {
        let record = |of: &str, ttl, data| Record::from_rdata(name(of).unwrap(), ttl, data);
        let alias = |of: &str, ttl, to: &str| record(of, ttl, RData::CNAME(CNAME(name(to).unwrap())));
        let records = vec![
            record("c.test", 60, RData::A(A::new(192, 0, 2, 1))),
            alias("b.test", 20, "C.test"),
            alias("a.test", 40, "b.test"),
            record("c.test", 60, RData::AAAA(AAAA::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1))),
            record("other.test", 60, RData::A(A::new(192, 0, 2, 2))),
        ];
        let reply = Reply { code: ResponseCode::NoError, records };
        let (addresses, ttl) = reply.addresses(&name("a.test").unwrap());
        assert_eq!(addresses, ["192.0.2.1".parse::<IpAddr>().unwrap(), "2001:db8::1".parse().unwrap()]);
        assert_eq!(ttl, 20);
        let records = vec![alias("a.test", 1, "b.test"), alias("b.test", 1, "a.test")];
        let circle = Reply { code: ResponseCode::NoError, records };
        assert!(circle.addresses(&name("a.test").unwrap()).0.is_empty());
    }
}
