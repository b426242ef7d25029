//! Undoes one level of the encodings in which texts are embedded in others: percent, HTML entities, escapes with a backslash, and
//! other forms of ASCII characters as full-width ones; by itself, quoted-printable, whose sign is in many other texts.

use icu_normalizer::DecomposingNormalizerBorrowed;
use std::ops::Range;

/// How often a text is decoded: a value may be encoded more than once on its way.
pub(super) const LEVELS: usize = 4;

/// A decoded text, and where each of its bytes comes from.
pub(super) struct Decoded {
    pub bytes: Vec<u8>,
    /// Where the source of each byte begins and ends in the original text.
    origins: Vec<(u32, u32)>,
}

/// Something encoded: how many bytes it takes, and what it means.
struct Encoded {
    length: usize,
    meaning: Meaning,
}

enum Meaning {
    Byte(u8),
    Char(char),
    /// The first so many bytes.
    Ascii([u8; FORM_MAX], usize),
    /// No character.
    Nothing,
}

/// Most ASCII characters that one other character stands for.
const FORM_MAX: usize = 4;

/// Encodings that are undone together.
#[derive(Clone, Copy)]
enum Notation {
    Common,
    QuotedPrintable,
}

impl Notation {
    /// Whether something encoded may begin with this byte.
    fn begins(self, byte: u8) -> bool {
        match self {
            Notation::Common => matches!(byte, b'%' | b'&' | b'\\' | 0xc2..),
            Notation::QuotedPrintable => byte == b'=',
        }
    }

    /// What is encoded at the beginning of `text`.
    fn encoded(self, text: &[u8]) -> Option<Encoded> {
        match (self, text.first()?) {
            (Notation::QuotedPrintable, _) => quoted(text),
            (Notation::Common, b'%') => percent(text),
            (Notation::Common, b'&') => entity(text),
            (Notation::Common, b'\\') => escape(text),
            (Notation::Common, _) => form(text),
        }
    }
}

impl Decoded {
    /// The text decoded once; `None` where nothing in it is encoded.
    pub fn of(text: &str) -> Option<Decoded> {
        decode(text.as_bytes(), Notation::Common, |range| (offset(range.start), offset(range.end)))
    }

    /// The text without quoted-printable; `None` where there is none.
    pub fn of_quoted(text: &str) -> Option<Decoded> {
        decode(text.as_bytes(), Notation::QuotedPrintable, |range| (offset(range.start), offset(range.end)))
    }

    /// Decoded once more.
    pub fn again(&self) -> Option<Decoded> {
        decode(&self.bytes, Notation::Common, |range| self.origin(range))
    }

    /// Without quoted-printable.
    pub fn quoted(&self) -> Option<Decoded> {
        decode(&self.bytes, Notation::QuotedPrintable, |range| self.origin(range))
    }

    fn origin(&self, range: Range<usize>) -> (u32, u32) {
        let source = self.source(&range);
        (offset(source.start), offset(source.end))
    }

    /// Where these bytes come from in the original text.
    pub fn source(&self, range: &Range<usize>) -> Range<usize> {
        let first = self.origins.get(range.start).map_or(0, |origin| origin.0 as usize);
        let last = range.end.checked_sub(1).and_then(|at| self.origins.get(at));
        first..last.map_or(first, |origin| origin.1 as usize)
    }
}

/// A text of more than 4 GiB is not read.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

fn decode(text: &[u8], notation: Notation, origin: impl Fn(Range<usize>) -> (u32, u32)) -> Option<Decoded> {
    let first = text.iter().position(|byte| notation.begins(*byte))?;
    let mut decoded = Decoded { bytes: Vec::with_capacity(text.len()), origins: Vec::with_capacity(text.len()) };
    let mut push = |bytes: &[u8], source: Range<usize>| {
        decoded.bytes.extend_from_slice(bytes);
        decoded.origins.extend(std::iter::repeat_n(origin(source), bytes.len()));
    };
    for (at, byte) in text[..first].iter().enumerate() {
        push(&[*byte], at..at + 1);
    }
    let mut changed = false;
    let mut at = first;
    while let Some(byte) = text.get(at) {
        let encoded = if notation.begins(*byte) { notation.encoded(&text[at..]) } else { None };
        let Some(Encoded { length, meaning }) = encoded else {
            push(&[*byte], at..at + 1);
            at += 1;
            continue;
        };
        match meaning {
            Meaning::Byte(byte) => push(&[byte], at..at + length),
            Meaning::Char(c) => push(c.encode_utf8(&mut [0; 4]).as_bytes(), at..at + length),
            Meaning::Ascii(bytes, count) => push(&bytes[..count], at..at + length),
            Meaning::Nothing => {}
        }
        at += length;
        changed = true;
    }
    changed.then_some(decoded)
}

/// White space up to the end of a line at the beginning of `text`, as it is and as escapes: how many bytes it takes. What follows the end of
/// the line may be a part of a secret that looks like white space.
fn line_end(text: &[u8]) -> usize {
    let mut length = 0;
    while let Some(rest) = text.get(length..) {
        let (taken, space) = match rest {
            [byte, ..] if byte.is_ascii_whitespace() => (1, char::from(*byte)),
            [b'\\', b'n', ..] => (2, '\n'),
            [b'\\', b'r' | b't', ..] => (2, '\t'),
            [b'\\', ..] => match number_escape(rest) {
                Some(Encoded { length, meaning: Meaning::Byte(byte) }) => (length, char::from(byte)),
                Some(Encoded { length, meaning: Meaning::Char(c) }) => (length, c),
                _ => break,
            },
            _ => break,
        };
        if !space.is_ascii_whitespace() {
            break;
        }
        length += taken;
        if space == '\n' {
            break;
        }
    }
    length
}

/// `=41`, and the sign before the end of a line, which may be white space by now, or escapes of it: where they are undone together
/// with the other escapes, those that the secret itself looks like are, too.
fn quoted(text: &[u8]) -> Option<Encoded> {
    let spaces = line_end(text.get(1..)?);
    if spaces > 0 {
        return Some(Encoded { length: 1 + spaces, meaning: Meaning::Nothing });
    }
    let byte = u8::try_from(number(text.get(1..3)?, 16)?).ok()?;
    Some(Encoded { length: 3, meaning: Meaning::Byte(byte) })
}

/// Another form of ASCII characters, by Unicode's compatibility decomposition: full-width, mathematical, in circles.
fn form(text: &[u8]) -> Option<Encoded> {
    let length = match text.first()? {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        _ => 4,
    };
    let form = std::str::from_utf8(text.get(..length)?).ok()?;
    let plain = DecomposingNormalizerBorrowed::new_nfkd().normalize(form);
    let mut bytes = [0; FORM_MAX];
    bytes.get_mut(..plain.len())?.copy_from_slice(plain.as_bytes());
    plain.is_ascii().then_some(Encoded { length, meaning: Meaning::Ascii(bytes, plain.len()) })
}

/// `%41`, and `%u0041` as old web servers write it.
fn percent(text: &[u8]) -> Option<Encoded> {
    match text.get(1)? {
        b'u' | b'U' => unit(text, 2, 4),
        _ => {
            let byte = u8::try_from(number(text.get(1..3)?, 16)?).ok()?;
            Some(Encoded { length: 3, meaning: Meaning::Byte(byte) })
        }
    }
}

/// `\/`, `\"`, `\n`, and numbers. A backslash before another encoding stays: it may be one of the text itself, which only the other
/// encoding left as it is.
fn escape(text: &[u8]) -> Option<Encoded> {
    let byte = |byte| Some(Encoded { length: 2, meaning: Meaning::Byte(byte) });
    let other = match text.get(1)? {
        b'%' => percent(&text[1..]),
        b'&' => entity(&text[1..]),
        b'\\' => number_escape(&text[1..]),
        _ => None,
    };
    if other.is_some() {
        return None;
    }
    number_escape(text).or_else(|| match text.get(1)? {
        b'n' | b'r' | b't' | b'f' | b'b' | b'v' | b'a' | b'0' => byte(b' '),
        other if other.is_ascii_punctuation() => byte(*other),
        _ => None,
    })
}

/// `\101`, `\x41`, `\u0041`, `\u{41}`, `\U00000041`.
fn number_escape(text: &[u8]) -> Option<Encoded> {
    let byte = |byte, length| Some(Encoded { length, meaning: Meaning::Byte(byte) });
    match text.get(1)? {
        b'u' if text.get(2) == Some(&b'{') => {
            let digits = text.iter().skip(3).take(6).take_while(|b| b.is_ascii_hexdigit()).count();
            let c = char::from_u32(number(text.get(3..3 + digits)?, 16)?)?;
            let closed = text.get(3 + digits) == Some(&b'}');
            closed.then_some(Encoded { length: digits + 4, meaning: Meaning::Char(c) })
        }
        b'u' => unit(text, 2, 4),
        b'U' => unit(text, 2, 8),
        b'x' => byte(u8::try_from(number(text.get(2..4)?, 16)?).ok()?, 4),
        b'0'..=b'3' if let Some(value) = text.get(1..4).and_then(|digits| number(digits, 8)) => {
            byte(u8::try_from(value).ok()?, 4)
        }
        _ => None,
    }
}

/// A character from the hexadecimal digits from `start`; two of them where the first is half of a surrogate pair.
fn unit(text: &[u8], start: usize, digits: usize) -> Option<Encoded> {
    let end = start + digits;
    let value = number(text.get(start..end)?, 16)?;
    if let Some(c) = char::from_u32(value) {
        return Some(Encoded { length: end, meaning: Meaning::Char(c) });
    }
    let low = text.get(end..end + start).filter(|prefix| *prefix == &text[..start])?;
    let low = number(text.get(end + low.len()..2 * end)?, 16)?;
    let units = [u16::try_from(value).ok()?, u16::try_from(low).ok()?];
    let c = char::decode_utf16(units).next()?.ok()?;
    Some(Encoded { length: 2 * end, meaning: Meaning::Char(c) })
}

/// `&#65;`, `&#x41;`, `&amp;`. Browsers accept the numeric ones and the oldest names without a semicolon.
fn entity(text: &[u8]) -> Option<Encoded> {
    let closed = |length: usize| length + usize::from(text.get(length) == Some(&b';'));
    let character = |c, length| Some(Encoded { length, meaning: Meaning::Char(c) });
    if text.get(1) == Some(&b'#') {
        let is_hex = matches!(text.get(2), Some(b'x' | b'X'));
        let (start, radix) = if is_hex { (3, 16) } else { (2, 10) };
        let digits = text.iter().skip(start).take(10).take_while(|b| char::from(**b).is_digit(radix)).count();
        let c = char::from_u32(number(text.get(start..start + digits)?, radix)?)?;
        return character(c, closed(start + digits));
    }
    let letters = text.iter().skip(1).take(NAME_MAX).take_while(|b| b.is_ascii_alphabetic()).count();
    let name = text.get(1..1 + letters)?;
    if text.get(1 + letters) == Some(&b';') {
        let (_, c) = NAMED.iter().find(|(known, _)| known.as_bytes() == name)?;
        return character(*c, letters + 2);
    }
    let (known, c) = NAMED.iter().take(OLDEST).find(|(known, _)| name.starts_with(known.as_bytes()))?;
    character(*c, 1 + known.len())
}

/// Longest name of an entity in [`NAMED`].
const NAME_MAX: usize = 16;
/// So many of [`NAMED`] need no semicolon.
const OLDEST: usize = 9;
/// Entities of the printable characters of ASCII, and of white space.
const NAMED: [(&str, char); 56] = [
    ("amp", '&'),
    ("AMP", '&'),
    ("lt", '<'),
    ("LT", '<'),
    ("gt", '>'),
    ("GT", '>'),
    ("quot", '"'),
    ("QUOT", '"'),
    ("nbsp", ' '),
    ("apos", '\''),
    ("excl", '!'),
    ("num", '#'),
    ("dollar", '$'),
    ("percnt", '%'),
    ("lpar", '('),
    ("rpar", ')'),
    ("ast", '*'),
    ("midast", '*'),
    ("plus", '+'),
    ("comma", ','),
    ("hyphen", '-'),
    ("dash", '-'),
    ("period", '.'),
    ("sol", '/'),
    ("colon", ':'),
    ("semi", ';'),
    ("equals", '='),
    ("quest", '?'),
    ("commat", '@'),
    ("lsqb", '['),
    ("lbrack", '['),
    ("bsol", '\\'),
    ("rsqb", ']'),
    ("rbrack", ']'),
    ("Hat", '^'),
    ("lowbar", '_'),
    ("UnderBar", '_'),
    ("grave", '`'),
    ("DiacriticalGrave", '`'),
    ("lcub", '{'),
    ("lbrace", '{'),
    ("verbar", '|'),
    ("vert", '|'),
    ("VerticalLine", '|'),
    ("rcub", '}'),
    ("rbrace", '}'),
    ("Tab", ' '),
    ("NewLine", ' '),
    ("shy", ' '),
    ("ensp", ' '),
    ("emsp", ' '),
    ("thinsp", ' '),
    ("zwnj", ' '),
    ("zwj", ' '),
    ("lrm", ' '),
    ("rlm", ' '),
];

/// The number that these digits are.
fn number(digits: &[u8], radix: u32) -> Option<u32> {
    if digits.is_empty() || !digits.iter().all(|b| char::from(*b).is_digit(radix)) {
        return None;
    }
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, radix).ok()
}
