//! Which fields of readings an expression can read. What none of the expressions of a Scenario reads is not made a value.

use super::syntax::{Expr, Node};
use super::types::literal_text;

/// A probe and a field of its readings.
pub(super) type Field = (Box<str>, Box<str>);

/// The fields that an expression names, as `probes.NAME.FIELD` and in similar ways; `None` where it may read others, as one that
/// iterates over a reading.
pub(super) fn of(root: &Node) -> Option<Vec<Field>> {
    let mut found = Vec::new();
    add(root, &mut found).map(|()| found)
}

/// Adds the fields that a node names; `None` where it may read others. A variable of a macro that is called `probes` counts as the
/// readings: there may be too many fields, never too few.
fn add(node: &Node, found: &mut Vec<Field>) -> Option<()> {
    if let Some(field) = field(node) {
        if !found.contains(&field) {
            found.push(field);
        }
        return Some(());
    }
    if is_readings(node) {
        return None;
    }
    node.each_child(|inner| add(inner, found).ok_or(())).ok()
}

/// The field of a reading that a node is.
fn field(node: &Node) -> Option<Field> {
    let (reading, field) = member(node)?;
    let (readings, probe) = member(reading)?;
    is_readings(readings).then(|| (probe.into(), field.into()))
}

/// A part with a name, and what it is a part of.
fn member(node: &Node) -> Option<(&Node, &str)> {
    match &node.expr {
        Expr::Field { operand, name, .. } | Expr::Has { operand, name } => Some((operand, name)),
        Expr::Index { parts, .. } => Some((&parts[0], literal_text(&parts[1])?)),
        _ => None,
    }
}

fn is_readings(node: &Node) -> bool {
    matches!(&node.expr, Expr::Name { name, .. } if name == "probes")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cel::syntax::parse;

    /// The fields as `probe.field`; `*` where it may be any.
    fn fields(source: &str) -> String {
        let found = of(&parse(source).unwrap());
        found.map_or("*".into(), |all| all.iter().map(|(p, f)| format!("{p}.{f}")).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn named_fields_are_found_in_every_notation() {
        for (source, expected) in [
            ("1 == 1 && env.A == 'a'", ""),
            ("probes.a.status == 200 && probes.a.json.status == 'ok' && probes.a.status < 300", "a.status a.json"),
            ("has(probes.a.json) && has(probes.a.json.x)", "a.json"),
            ("probes['a']['json'].x == 1 && probes.a['b'] == probes[\"c\"].d", "a.json a.b c.d"),
            ("probes.?a.?json.orValue(1) == probes[?'b'][?'c'].orValue(1)", "a.json b.c"),
            ("probes.a.json.all(x, x.y > probes.b.latency)", "a.json b.latency"),
            ("cel.bind(r, probes.a.json, r.x == 1)", "a.json"),
            (
                "{'a': probes.a.status}.a in [probes.b.status] ? probes.c.ok : probes.d.ok",
                "a.status b.status c.ok d.ok",
            ),
            ("[1].exists(probes, probes.a.b == 1)", "a.b"),
        ] {
            assert_eq!(fields(source), expected, "{source}");
        }
    }

    #[test]
    fn what_may_read_other_fields_is_told() {
        for source in [
            "probes.all(name, probes[name].ok)",
            "probes.a.all(name, name != '')",
            "probes.a == probes.b",
            "has(probes.a)",
            "'json' in probes.a",
            "probes.a[env.FIELD] == 1",
            "probes[item].status == 200",
            "cel.bind(r, probes.a, r.status == 200)",
            "size(probes) == 1",
            ".probes.a.size() == 1",
        ] {
            assert_eq!(fields(source), "*", "{source}");
        }
    }
}
