//! Texts that stay in memory, compressed. Objects of one kind are alike, so that a few of them are the dictionaries of the others: an
//! object of 2.5 KB takes about 0.2 KB.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

/// Shorter texts are kept as they are, in bytes.
const PLAIN_MAX: usize = 256;
/// Maximum size of a dictionary, in bytes.
const DICTIONARY_MAX: usize = 8 << 10;
/// A text that takes more than this share of its size does not resemble its dictionary, and another one is tried.
const ALIKE: usize = 8;
/// Dictionaries of one kind, at most.
const DICTIONARIES_MAX: usize = 2;
/// After so many texts that resemble none, one of them becomes a dictionary; after twice as many each time that did not help, since texts
/// keep the dictionary that they were made with.
const STRANGE_MIN: u32 = 16;
const STRANGE_MAX: u32 = 4096;

/// A text. Clones share it.
#[derive(Clone, Debug)]
pub struct Text(Form);

#[derive(Clone, Debug)]
enum Form {
    Plain(Arc<str>),
    /// The compressed text after its size, and the dictionary with which it was made.
    Packed(Arc<[u8]>, Arc<[u8]>),
}

impl Text {
    /// The text.
    pub fn get(&self) -> Cow<'_, str> {
        match &self.0 {
            Form::Plain(text) => Cow::Borrowed(text),
            // What `Packer` made can be read.
            Form::Packed(packed, dictionary) => Cow::Owned(
                lz4_flex::block::decompress_size_prepended_with_dict(packed, dictionary)
                    .ok()
                    .and_then(|bytes| String::from_utf8(bytes).ok())
                    .unwrap_or_default(),
            ),
        }
    }

    /// Its size in bytes, uncompressed.
    pub fn size(&self) -> usize {
        match &self.0 {
            Form::Plain(text) => text.len(),
            Form::Packed(packed, _) => {
                packed.first_chunk().map_or(0, |size: &[u8; 4]| usize::try_from(u32::from_le_bytes(*size)).unwrap_or(0))
            }
        }
    }

    /// What it takes in memory, in bytes, without the dictionary.
    #[cfg(test)]
    fn held(&self) -> usize {
        match &self.0 {
            Form::Plain(text) => text.len(),
            Form::Packed(packed, _) => packed.len(),
        }
    }
}

impl From<&str> for Text {
    /// A text that is not compressed.
    fn from(text: &str) -> Text {
        Text(Form::Plain(text.into()))
    }
}

/// Makes texts, with a few dictionaries for each kind.
#[derive(Default)]
pub struct Packer {
    of_kind: HashMap<String, Dictionaries>,
}

struct Dictionaries {
    /// The one that was used last comes first.
    known: Vec<Arc<[u8]>>,
    /// Texts that resembled none since there is the last of them, and how many there may be.
    strange: u32,
    patience: u32,
}

impl Packer {
    /// Compresses a text of a kind. A dictionary that is no longer used is freed with the last text that was made with it.
    pub fn pack(&mut self, kind: &str, text: &str) -> Text {
        if text.len() <= PLAIN_MAX || u32::try_from(text.len()).is_err() {
            return text.into();
        }
        if !self.of_kind.contains_key(kind) {
            let first = Dictionaries { known: vec![dictionary(text)], strange: 0, patience: STRANGE_MIN };
            self.of_kind.insert(kind.to_string(), first);
        }
        let Some(Dictionaries { known, strange, patience }) = self.of_kind.get_mut(kind) else { return text.into() };
        let is_alike = |packed: &[u8]| packed.len() <= text.len() / ALIKE;
        let mut best: Option<(usize, Vec<u8>)> = None;
        for (at, dictionary) in known.iter().enumerate() {
            let packed = lz4_flex::block::compress_prepend_size_with_dict(text.as_bytes(), dictionary);
            let is_better = best.as_ref().is_none_or(|(_, best)| packed.len() < best.len());
            let is_enough = is_alike(&packed);
            if is_better {
                best = Some((at, packed));
            }
            if is_enough {
                break;
            }
        }
        let Some((at, packed)) = best.filter(|(_, packed)| packed.len() < text.len()) else { return text.into() };
        if let Some(used) = known.get_mut(..=at) {
            used.rotate_right(1);
        }
        let made = known.first().map(|used| Text(Form::Packed(packed.as_slice().into(), used.clone())));
        if is_alike(&packed) {
            *patience = (*patience / 2).max(STRANGE_MIN);
        } else {
            *strange += 1;
        }
        if strange >= patience {
            known.truncate(DICTIONARIES_MAX - 1);
            known.push(dictionary(text));
            (*strange, *patience) = (0, (*patience * 2).min(STRANGE_MAX));
        }
        made.unwrap_or_else(|| text.into())
    }
}

fn dictionary(text: &str) -> Arc<[u8]> {
    let bytes = text.as_bytes();
    bytes[..bytes.len().min(DICTIONARY_MAX)].into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn scenario(n: usize, more: &str) -> String {
        let fields =
            "f:title f:agent f:interval f:probes f:checks f:severity f:runbook managedFields lastTransitionTime";
        format!("{{\"metadata\":{{\"name\":\"s-{n}\",\"uid\":\"{:x}\",\"of\":\"{fields}\"}},\"spec\":\"Serviço {n}\",{more}}}", n * 7_919)
            .replace("f:", "f:a name that is as long as those of fields are, ")
    }

    #[test]
    fn a_text_takes_little_beside_others_of_its_kind() {
        let mut packer = Packer::default();
        let texts: Vec<_> = (0..100).map(|n| scenario(n, "\"status\":{}")).collect();
        let packed: Vec<_> = texts.iter().map(|text| packer.pack("scenarios", text)).collect();
        for (text, packed) in texts.iter().zip(&packed) {
            assert_eq!(packed.get(), *text);
            assert_eq!(packed.size(), text.len());
            assert!(packed.held() < text.len() / 4, "{} of {}", packed.held(), text.len());
        }
        let short = packer.pack("scenarios", "{}");
        assert_eq!((short.get(), short.size(), short.held()), ("{}".into(), 2, 2));
    }

    #[test]
    fn the_dictionaries_follow_what_is_stored() {
        let mut packer = Packer::default();
        packer.pack("scenarios", &scenario(0, "\"status\":{}"));
        let status: String = (0..60u64).map(|n| format!("{:016x}", n.wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect();
        let texts: Vec<_> = (0..40).map(|n| scenario(n, &format!("\"status\":\"{status}\""))).collect();
        let packed: Vec<_> = texts.iter().map(|text| packer.pack("scenarios", text)).collect();
        assert!(packed[0].held() > status.len() / 2, "the dictionary has no status yet");
        assert!(packed[39].held() < status.len() / 4, "{}", packed[39].held());
        texts.iter().zip(&packed).for_each(|(text, packed)| assert_eq!(packed.get(), *text));
    }

    /// 100 numbers of 16 digits that differ from those of any other seed.
    fn noise(seed: u64) -> String {
        (0..100u64).map(|n| format!("{:016x}", (n + 1000 * seed).wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect()
    }

    #[test]
    fn texts_of_two_templates_each_find_their_dictionary() {
        let mut packer = Packer::default();
        let of = |n: u64| format!("{n} {}", noise(n % 2));
        (0..40).for_each(|n| _ = packer.pack("any", &of(n)));
        for n in 40..60 {
            let (text, packed) = (of(n), packer.pack("any", &of(n)));
            assert!(packed.get() == text && packed.held() < text.len() / ALIKE, "{n}: {}", packed.held());
        }
    }

    #[test]
    fn texts_that_resemble_none_make_few_dictionaries() {
        let mut packer = Packer::default();
        let texts: Vec<_> = (0..500).map(|seed| packer.pack("any", &noise(seed))).collect();
        let dictionaries: std::collections::HashSet<_> = texts
            .iter()
            .filter_map(
                |text| if let Form::Packed(_, dictionary) = &text.0 { Some(Arc::as_ptr(dictionary)) } else { None },
            )
            .collect();
        assert!(dictionaries.len() <= 6, "{}", dictionaries.len());
    }

    proptest! {
        #[test]
        fn every_text_comes_back(texts in proptest::collection::vec("(\\PC|[ab]{1,40}){0,200}", 1..20)) {
            let mut packer = Packer::default();
            let packed: Vec<_> = texts.iter().map(|text| packer.pack("any", text)).collect();
            for (text, packed) in texts.iter().zip(&packed) {
                prop_assert_eq!(&packed.get(), text);
                prop_assert_eq!(packed.size(), text.len());
            }
        }
    }
}
