//! The CEL rules of a kind (`x-kubernetes-validations`), evaluated for the whole object and for each of its fields.
//!
//! Of a field that an update leaves as it is only transition rules are evaluated. kube-apiserver decides this for each node of the schema:
//! an object that was stored before a rule became stricter is refused here more often, when another part of that field changes.

use kube_cel::{CompiledSchema, compile_schema, validate_compiled};
use serde_json::{Map, Value};

const RULES: &str = "x-kubernetes-validations";
/// Rules of the whole object see only these fields of the metadata.
const METADATA: [&str; 2] = ["name", "generateName"];

/// A rule that an object violates.
pub(super) struct Violation {
    /// Path of the field; empty for the whole object.
    pub path: String,
    pub message: String,
}

/// The rules of a kind, by the part of an object that they see.
pub(super) struct Rules {
    whole: Option<WholeRules>,
    fields: Vec<FieldRules>,
}

/// The rules of a field of the object, and of all that is in it.
struct FieldRules {
    name: String,
    default: Option<Value>,
    all: CompiledSchema,
    /// Those that compare it with what it was before.
    transitions: Option<CompiledSchema>,
}

/// The rules of the object as a whole.
struct WholeRules {
    compiled: CompiledSchema,
    /// The fields that they may read, besides metadata, version and kind.
    reads: Vec<String>,
}

impl Rules {
    /// Compiles the rules of an `openAPIV3Schema`; `None` if there are none.
    pub fn compile(schema: &Value) -> Option<Rules> {
        let no_properties = Map::new();
        let properties = schema["properties"].as_object().unwrap_or(&no_properties);
        let fields: Vec<_> = properties
            .iter()
            .filter(|(name, field)| *name != "metadata" && any_rule(field, &|_| true))
            .map(|(name, field)| FieldRules::compile(name, field))
            .collect();
        let whole = WholeRules::compile(schema, properties);
        (whole.is_some() || !fields.is_empty()).then_some(Rules { whole, fields })
    }

    /// The violations of `new`. Transition rules compare it with `old`.
    pub fn violations(&self, new: &Value, old: Option<&Value>) -> Vec<Violation> {
        let whole = self.whole.iter().flat_map(|whole| whole.violations(new, old));
        whole.chain(self.fields.iter().flat_map(|field| field.violations(new, old))).collect()
    }
}

impl FieldRules {
    fn compile(name: &str, schema: &Value) -> FieldRules {
        let is_transition = |rule: &Value| expressions(rule).any(|text| text.contains("oldSelf"));
        let transitions = any_rule(schema, &is_transition).then(|| {
            let mut transitions = schema.clone();
            keep_rules(&mut transitions, &is_transition);
            compile_schema(&transitions)
        });
        let default = schema.get("default").cloned();
        FieldRules { name: name.into(), default, all: compile_schema(schema), transitions }
    }

    /// `new` and `old` are whole objects.
    fn violations<'a>(&'a self, new: &'a Value, old: Option<&'a Value>) -> Vec<Violation> {
        let of = |object: &'a Value| object.get(&self.name).filter(|field| !field.is_null());
        let Some(new) = of(new) else { return Vec::new() };
        // Stored objects may be older than the default.
        let old = old.and_then(|old| of(old).or(self.default.as_ref()));
        if old == Some(new) && self.transitions.is_none() {
            return Vec::new();
        }
        let (new, old) = (without_nulls(new), old.map(without_nulls));
        let rules = if old.as_ref() == Some(&new) { self.transitions.as_ref() } else { Some(&self.all) };
        rules.map(|rules| violations_at(&self.name, rules, &new, old.as_ref())).unwrap_or_default()
    }
}

impl WholeRules {
    fn compile(schema: &Value, properties: &Map<String, Value>) -> Option<WholeRules> {
        let mut own = schema.clone();
        for (name, field) in own["properties"].as_object_mut().into_iter().flatten() {
            // Those within other fields are rules of the fields.
            if name != "metadata" {
                keep_rules(field, &|_| false);
            }
        }
        if !any_rule(&own, &|_| true) {
            return None;
        }
        let expressions: Vec<&str> = schema[RULES].as_array().into_iter().flatten().flat_map(expressions).collect();
        let sees_all = expressions.iter().any(|text| has_bare_self(text));
        let may_be_read = |name: &str| {
            // Rules escape other names.
            let is_escaped = name.contains("__") || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            sees_all || is_escaped || expressions.iter().any(|text| text.contains(name))
        };
        let is_read =
            |name: &&String| !matches!(name.as_str(), "metadata" | "apiVersion" | "kind") && may_be_read(name);
        let reads = properties.keys().filter(is_read).cloned().collect();
        Some(WholeRules { compiled: compile_schema(&own), reads })
    }

    fn violations(&self, new: &Value, old: Option<&Value>) -> Vec<Violation> {
        violations_at("", &self.compiled, &self.seen(new), old.map(|old| self.seen(old)).as_ref())
    }

    /// What the rules see of an object.
    fn seen(&self, object: &Value) -> Value {
        let part =
            |of: &Value, name: &str| Some((name.to_string(), without_nulls(of.get(name).filter(|v| !v.is_null())?)));
        let names = ["apiVersion", "kind"].into_iter().chain(self.reads.iter().map(String::as_str));
        let mut seen: Map<String, Value> = names.filter_map(|name| part(object, name)).collect();
        let metadata = METADATA.iter().filter_map(|name| part(&object["metadata"], name)).collect();
        seen.insert("metadata".into(), Value::Object(metadata));
        Value::Object(seen)
    }
}

/// The violations of the rules of a field; of the whole object if `field` is empty.
fn violations_at(field: &str, rules: &CompiledSchema, new: &Value, old: Option<&Value>) -> Vec<Violation> {
    let found = validate_compiled(rules, new, old).err().map(|errors| errors.into_vec()).unwrap_or_default();
    found
        .into_iter()
        .map(|found| Violation { path: within(field, &found.field_path), message: found.message })
        .collect()
}

/// The expressions of a rule.
fn expressions(rule: &Value) -> impl Iterator<Item = &str> {
    ["rule", "messageExpression"].into_iter().filter_map(|name| rule[name].as_str())
}

/// The schemas that are part of a schema.
fn parts(schema: &Value) -> impl Iterator<Item = &Value> {
    let properties = schema["properties"].as_object().into_iter().flat_map(Map::values);
    properties.chain(["items", "additionalProperties"].iter().filter_map(|name| schema.get(name)))
}

/// Whether any rule of a schema, or of a part of it, is such.
fn any_rule(schema: &Value, is_such: &dyn Fn(&Value) -> bool) -> bool {
    schema[RULES].as_array().into_iter().flatten().any(is_such) || parts(schema).any(|part| any_rule(part, is_such))
}

/// Removes all other rules of a schema, and of its parts.
fn keep_rules(schema: &mut Value, is_such: &dyn Fn(&Value) -> bool) {
    let Some(fields) = schema.as_object_mut() else { return };
    for (name, value) in fields {
        match (name.as_str(), value) {
            (RULES, Value::Array(rules)) => rules.retain(is_such),
            ("properties", Value::Object(properties)) => {
                properties.values_mut().for_each(|property| keep_rules(property, is_such));
            }
            ("items" | "additionalProperties", part) => keep_rules(part, is_such),
            _ => {}
        }
    }
}

/// Whether `self` or `oldSelf` occurs other than before a field.
fn has_bare_self(rule: &str) -> bool {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let word_at = |at: usize| !rule[..at].ends_with(is_name);
    ["self", "oldSelf"]
        .iter()
        .any(|word| rule.match_indices(word).any(|(at, _)| word_at(at) && !rule[at + word.len()..].starts_with('.')))
}

/// The path of what is at `path` in a field.
fn within(field: &str, path: &str) -> String {
    match path.trim_start_matches('.') {
        "" => field.to_string(),
        path if field.is_empty() => path.to_string(),
        path if path.starts_with('[') => format!("{field}{path}"),
        path => format!("{field}.{path}"),
    }
}

/// CEL rules see a null field as absent.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(name, value)| (name.clone(), without_nulls(value))).collect())
        }
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rule(text: &str) -> Value {
        json!([{"rule": text, "message": text}])
    }

    /// A schema with a rule for each part.
    fn schema(whole: &str, spec: &str, item: &str) -> Value {
        let item = json!({"type": "object", "properties": {"n": {"type": "integer"}}, RULES: rule(item)});
        json!({
            "type": "object",
            RULES: rule(whole),
            "properties": {
                "apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"},
                "spec": {
                    "type": "object",
                    "properties": {"a": {"type": "integer"}, "items": {"type": "array", "items": item}},
                    RULES: rule(spec),
                },
                "status": {"type": "object", "properties": {"b": {"type": "integer"}}},
            },
        })
    }

    fn object(a: i64, n: i64, b: i64) -> Value {
        json!({"apiVersion": "x/v1", "kind": "X", "metadata": {"name": "x", "labels": {"l": "1"}},
            "spec": {"a": a, "items": [{"n": 0}, {"n": n}], "unset": null}, "status": {"b": b}})
    }

    fn found(rules: &Rules, new: &Value, old: Option<&Value>) -> Vec<String> {
        rules.violations(new, old).into_iter().map(|found| format!("{}: {}", found.path, found.message)).collect()
    }

    /// What kube-cel finds with all rules at once.
    fn at_once(schema: &Value, new: &Value, old: Option<&Value>) -> Vec<String> {
        let found = validate_compiled(&compile_schema(schema), &without_nulls(new), old.map(without_nulls).as_ref());
        let found = found.err().map(|errors| errors.into_vec()).unwrap_or_default();
        found.into_iter().map(|found| format!("{}: {}", found.field_path, found.message)).collect()
    }

    #[test]
    fn parts_are_judged_as_the_whole_is() {
        let schemas = [
            schema("self.metadata.name != 'y'", "self.a < 5", "self.n < 5"),
            schema("self.spec.a != self.status.b", "self.a >= oldSelf.a", "self.n >= oldSelf.n"),
            schema("has(self.spec.items)", "self.items.all(i, i.n < 5)", "!has(self.unset)"),
            schema("self == oldSelf || self.spec.a > 1", "!has(self.unset)", "self.n != 7"),
            schema("self.kind == 'X' && self.spec.a < 9", "self.a < 9", "self.n < 9"),
        ];
        let mut objects = Vec::new();
        for bits in 0..8 {
            let value = |bit: i32| if bits & bit == 0 { 1 } else { 7 };
            objects.push(object(value(1), value(2), value(4)));
        }
        let mut violations = 0;
        for schema in &schemas {
            let rules = Rules::compile(schema).unwrap();
            for new in &objects {
                let (mut one, mut other) = (found(&rules, new, None), at_once(schema, new, None));
                one.sort();
                other.sort();
                assert_eq!(one, other, "{schema} {new}");
                // Of an update, what was valid before.
                for old in objects.iter().filter(|old| at_once(schema, old, None).is_empty()) {
                    let (mut one, mut other) = (found(&rules, new, Some(old)), at_once(schema, new, Some(old)));
                    one.sort();
                    other.sort();
                    violations += one.len();
                    assert_eq!(one, other, "{schema} {old} {new}");
                }
            }
        }
        assert!(violations > 50, "{violations}");
    }

    #[test]
    fn of_a_field_that_an_update_leaves_as_it_is_transition_rules_are_evaluated() {
        let rules = Rules::compile(&schema("self.spec.a < 5", "self.a < 5", "self.n < 5")).unwrap();
        let (before, after) = (object(7, 8, 1), object(7, 8, 2));
        let all = [": self.spec.a < 5", "spec: self.a < 5", "spec.items[1]: self.n < 5"];
        assert_eq!(found(&rules, &before, None), all);
        assert_eq!(found(&rules, &after, Some(&before)), [all[0]], "the object is another");
        assert_eq!(found(&rules, &object(7, 9, 1), Some(&before)), all, "the field is another");
        let rules = Rules::compile(&schema("true", "self.a < 5", "self.n < oldSelf.n")).unwrap();
        let transitions = ["spec.items[0]: self.n < oldSelf.n", "spec.items[1]: self.n < oldSelf.n"];
        assert_eq!(found(&rules, &after, Some(&before)), transitions);
    }

    #[test]
    fn a_field_that_is_null_is_absent_and_one_that_is_absent_has_its_default() {
        let mut schema = schema("true", "self.a < 5", "true");
        assert_eq!(found(&Rules::compile(&schema).unwrap(), &json!({"spec": null}), Some(&object(1, 1, 1))), [""; 0]);
        schema["properties"]["mode"] = json!({"type": "string", "default": "x", RULES: rule("self == oldSelf")});
        let rules = Rules::compile(&schema).unwrap();
        let with = |mode: &str| {
            let mut object = object(1, 1, 1);
            object["mode"] = mode.into();
            object
        };
        for old in [with("x"), object(1, 1, 1)] {
            assert_eq!(found(&rules, &with("x"), Some(&old)), [""; 0]);
            assert_eq!(found(&rules, &with("y"), Some(&old)), ["mode: self == oldSelf"]);
        }
    }

    #[test]
    fn rules_of_the_whole_object_see_the_fields_that_they_name() {
        let of = |rule: &str| Rules::compile(&schema(rule, "true", "true")).unwrap().whole.unwrap();
        assert_eq!(of("self.metadata.name != 'y'").reads, [""; 0]);
        assert_eq!(of("self.spec.a < 5").reads, ["spec"]);
        assert_eq!(of("true\n&& self != oldSelf").reads, ["spec", "status"]);
        let mut schema = schema("has(self.foo__dash__bar)", "true", "true");
        schema["properties"]["foo-bar"] = json!({"type": "string"});
        let rules = Rules::compile(&schema).unwrap();
        let mut object = object(1, 1, 1);
        assert_eq!(found(&rules, &object, None), [": has(self.foo__dash__bar)"]);
        object["foo-bar"] = "x".into();
        assert_eq!(found(&rules, &object, None), [""; 0]);
        // The metadata that a rule sees can change.
        let rules = Rules::compile(&self::schema("self.metadata.generateName != 'y'", "true", "true")).unwrap();
        let (old, mut new) = (self::object(1, 1, 1), self::object(1, 1, 1));
        new["metadata"]["generateName"] = "y".into();
        assert_eq!(found(&rules, &new, Some(&old)), [": self.metadata.generateName != 'y'"]);
    }

    #[test]
    fn a_rule_that_compares_the_whole_object_sees_all_of_it() {
        for (text, is_bare) in [
            ("self.a == oldSelf.a", false),
            ("self == oldSelf", true),
            ("self.a == oldSelf", true),
            ("myself.x && itself", false),
            ("[self].size() == 1", true),
            ("true &&\nself == oldSelf", true),
            ("has(self.a)", false),
        ] {
            assert_eq!(has_bare_self(text), is_bare, "{text}");
        }
    }
}
