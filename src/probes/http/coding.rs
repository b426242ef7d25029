//! Content codings: a body is decompressed here, so that its announced length stays known.

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use reqwest::header::{CONTENT_ENCODING, HeaderMap};
use std::io::{Cursor, Read};

/// Most codings of one body.
const MAX_CODINGS: usize = 4;

/// A content coding that is decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Gzip,
    /// In a zlib frame or without one: servers do both.
    Deflate,
}

/// The codings of a body, in the order in which they are decoded. Empty where there is none, or one that is not known: such a body is
/// shown as it is.
pub(super) fn codings(headers: &HeaderMap) -> Vec<Coding> {
    let values = headers.get_all(CONTENT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let names = values.flat_map(|value| value.split(',')).map(|name| name.trim().to_ascii_lowercase());
    let known =
        names.filter(|name| !matches!(name.as_str(), "" | "identity" | "none")).map(|name| match name.as_str() {
            "gzip" | "x-gzip" => Some(Coding::Gzip),
            "deflate" => Some(Coding::Deflate),
            _ => None,
        });
    let known: Option<Vec<_>> = known.collect();
    let mut known = known.filter(|codings| codings.len() <= MAX_CODINGS).unwrap_or_default();
    known.reverse();
    known
}

/// A reader of what is in the body.
pub(super) fn decoder(body: Vec<u8>, codings: &[Coding]) -> Box<dyn Read + Send> {
    let zlib = matches!(body[..], [first, second, ..]
        if first & 0x0f == 8 && u16::from_be_bytes([first, second]) % 31 == 0);
    let mut reader: Box<dyn Read + Send> = Box::new(Cursor::new(body));
    for (at, coding) in codings.iter().enumerate() {
        reader = match coding {
            Coding::Gzip => Box::new(MultiGzDecoder::new(reader)),
            Coding::Deflate if at > 0 || zlib => Box::new(ZlibDecoder::new(reader)),
            Coding::Deflate => Box::new(DeflateDecoder::new(reader)),
        };
    }
    reader
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::read::{DeflateEncoder, GzEncoder, ZlibEncoder};
    use reqwest::header::HeaderValue;

    fn of(value: &'static str) -> Vec<Coding> {
        codings(&HeaderMap::from_iter([(CONTENT_ENCODING, HeaderValue::from_static(value))]))
    }

    #[test]
    fn codings_are_known_in_any_spelling() {
        assert_eq!(of("gzip"), [Coding::Gzip]);
        assert_eq!(of("X-GZIP, identity"), [Coding::Gzip]);
        assert_eq!(of("deflate, gzip"), [Coding::Gzip, Coding::Deflate]);
        assert_eq!((of("br"), of("gzip, br"), of("identity")), (vec![], vec![], vec![]));
        assert_eq!(of("gzip, gzip, gzip, gzip, gzip"), []);
    }

    #[test]
    fn bodies_are_decoded() {
        fn all(mut reader: impl Read) -> Vec<u8> {
            let mut bytes = Vec::new();
            reader.read_to_end(&mut bytes).unwrap();
            bytes
        }
        let level = Compression::fast();
        let gzip = all(GzEncoder::new(&b"text"[..], level));
        assert_eq!(all(decoder(gzip.clone(), &[Coding::Gzip])), b"text");
        assert_eq!(all(decoder([gzip.clone(), gzip].concat(), &[Coding::Gzip])), b"texttext");
        assert_eq!(all(decoder(all(ZlibEncoder::new(&b"text"[..], level)), &[Coding::Deflate])), b"text");
        assert_eq!(all(decoder(all(DeflateEncoder::new(&b"text"[..], level)), &[Coding::Deflate])), b"text");
        let both = all(GzEncoder::new(ZlibEncoder::new(&b"text"[..], level), level));
        assert_eq!(all(decoder(both, &[Coding::Gzip, Coding::Deflate])), b"text");
    }
}
