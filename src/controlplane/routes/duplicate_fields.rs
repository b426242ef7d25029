//! Parsing of JSON that reports duplicate fields. The last one counts.

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::fmt;

/// Maximum number of duplicate fields that are reported.
const DUPLICATES_MAX: usize = 100;
/// Maximum length of a reported path, in characters.
const PATH_MAX: usize = 1_000;

/// Parses JSON. Returns the value and the paths of the first duplicate fields.
pub fn read(bytes: &[u8]) -> serde_json::Result<(Value, Vec<String>)> {
    let mut duplicates = Vec::new();
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = Reader { step: Step::Root, duplicates: &mut duplicates }.deserialize(&mut reader)?;
    reader.end()?;
    Ok((value, duplicates))
}

/// Where a value is. The path is written only for a duplicate field: names can be long, and values many.
#[derive(Clone, Copy)]
enum Step<'a> {
    Root,
    Field(&'a Step<'a>, &'a str),
    Item(&'a Step<'a>, usize),
}

impl Step<'_> {
    fn path(self) -> String {
        let mut steps = Vec::new();
        let mut step = self;
        loop {
            match step {
                Step::Root => break,
                Step::Field(parent, name) => {
                    steps.push(format!(".{}", name.chars().take(PATH_MAX).collect::<String>()));
                    step = *parent;
                }
                Step::Item(parent, index) => {
                    steps.push(format!("[{index}]"));
                    step = *parent;
                }
            }
        }
        steps.reverse();
        steps.concat().trim_start_matches('.').chars().take(PATH_MAX).collect()
    }
}

struct Reader<'a> {
    step: Step<'a>,
    duplicates: &'a mut Vec<String>,
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let Reader { step, duplicates } = self;
        let mut out = Vec::new();
        while let Some(item) =
            items.next_element_seed(Reader { step: Step::Item(&step, out.len()), duplicates: &mut *duplicates })?
        {
            out.push(item);
        }
        Ok(out.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let Reader { step, duplicates } = self;
        let mut out = Map::new();
        while let Some(name) = fields.next_key::<String>()? {
            let inner = Step::Field(&step, &name);
            if out.contains_key(&name) && duplicates.len() < DUPLICATES_MAX {
                duplicates.push(inner.path());
            }
            let value = fields.next_value_seed(Reader { step: inner, duplicates: &mut *duplicates })?;
            out.insert(name, value);
        }
        Ok(out.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_paths_of_duplicate_fields_are_reported_and_the_last_one_counts() {
        let (value, duplicates) = read(br#"{"a": 1, "b": [{"c": 1}, {"c": 2, "c": 3}], "a": 4}"#).unwrap();
        assert_eq!(value, serde_json::json!({"a": 4, "b": [{"c": 1}, {"c": 3}]}));
        assert_eq!(duplicates, ["b[1].c", "a"]);
    }

    /// A path of a megabyte for each of a million values would take a terabyte.
    #[test]
    fn long_names_of_many_values_cost_no_more_than_their_size() {
        let (name, items) = ("k".repeat(1 << 20), vec!["0"; 1 << 20].join(","));
        let (value, _) = read(format!("{{\"{name}\":[{items}]}}").as_bytes()).unwrap();
        assert_eq!(value[&name].as_array().unwrap().len(), 1 << 20);
        let twice = vec!["\"a\":0"; 1_000].join(",");
        let (_, duplicates) = read(format!("{{\"{name}\":{{{twice}}}}}").as_bytes()).unwrap();
        assert_eq!(duplicates.len(), DUPLICATES_MAX);
        assert!(duplicates.iter().all(|path| path.len() <= PATH_MAX));
    }
}
