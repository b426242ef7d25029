//! Import cycles of files and folders.
//!
//! Imports of a file from a module that contains it (`super::`) are ignored, and so are re-exports that the file does not use itself.
//! A cycle is therefore always between siblings.

use super::modules::{Crate, Name, Target};
use super::paths::Named;
use super::source::Token;
use std::collections::{BTreeMap, BTreeSet};

/// Which file or folder imports which, with the imports.
pub type Graph = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

/// The imports of production code between files.
fn imports(program: &Crate) -> Vec<(usize, usize, String)> {
    let mut imports = Vec::new();
    for (file, source) in program.files.iter().enumerate() {
        let used: BTreeSet<(&str, usize)> = source.tokens.iter().filter(|t| !t.is_test).filter_map(position).collect();
        for one in source.named.iter().filter(|n| !n.is_test && !is_only_re_exported(n, &used)) {
            let Some(Target::Inside(other)) = program.target(file, one) else { continue };
            if !source.module.starts_with(&program.files[other].module) {
                imports.push((file, other, format!("{} (line {})", one.segments.join("::"), one.line)));
            }
        }
    }
    imports
}

fn position(token: &Token) -> Option<(&str, usize)> {
    Some((token.word()?, token.line))
}

fn is_only_re_exported(one: &Named, used: &BTreeSet<(&str, usize)>) -> bool {
    let alias = one.alias.as_deref().unwrap_or_default();
    one.is_exported && !used.range((alias, 0)..=(alias, usize::MAX)).any(|(_, line)| *line != one.line)
}

/// The imports between files, by path.
pub fn files(program: &Crate) -> Graph {
    let mut graph = Graph::new();
    let path = |file: usize| program.files[file].path.display().to_string();
    for (file, other, by) in imports(program) {
        graph.entry(path(file)).or_default().entry(path(other)).or_default().insert(by);
    }
    graph
}

/// The imports between sibling modules, each with all modules that it contains.
pub fn folders(program: &Crate) -> Graph {
    let mut graph = Graph::new();
    for (file, other, by) in imports(program) {
        let (source, target) = (&program.files[file], &program.files[other]);
        let shared = source.module.iter().zip(&target.module).take_while(|(a, b)| a == b).count();
        if shared < source.module.len() && shared < target.module.len() {
            let sibling = |module: &Name| module[..=shared].join("::");
            let by = format!("{} imports {by}", source.path.display());
            let from = graph.entry(sibling(&source.module)).or_default();
            from.entry(sibling(&target.module)).or_default().insert(by);
        }
    }
    graph
}

/// Sets of at least two nodes that reach each other.
pub fn cycles(graph: &Graph) -> Vec<Vec<&str>> {
    let reached: BTreeMap<&str, BTreeSet<&str>> = graph.keys().map(|one| (one.as_str(), reach(graph, one))).collect();
    let mut cycles = BTreeSet::new();
    for (one, others) in reached.iter().filter(|(one, others)| others.contains(*one)) {
        let leads_back = |other: &&&str| reached.get(**other).is_some_and(|reached| reached.contains(one));
        cycles.insert(others.iter().filter(leads_back).copied().collect::<Vec<_>>());
    }
    cycles.into_iter().collect()
}

fn reach<'a>(graph: &'a Graph, from: &str) -> BTreeSet<&'a str> {
    let next = |one: &str| graph.get(one).into_iter().flat_map(BTreeMap::keys);
    let (mut reached, mut to_see) = (BTreeSet::new(), next(from).collect::<Vec<_>>());
    while let Some(one) = to_see.pop() {
        if reached.insert(one.as_str()) {
            to_see.extend(next(one));
        }
    }
    reached
}

/// Describes each cycle with its imports.
pub fn describe(graph: &Graph) -> String {
    let mut out = String::new();
    for (number, cycle) in cycles(graph).iter().enumerate() {
        out.push_str(&format!("cycle {}: {}\n", number + 1, cycle.join(", ")));
        for one in cycle {
            for (other, by) in graph[*one].iter().filter(|(other, _)| cycle.contains(&other.as_str())) {
                let by: Vec<&str> = by.iter().map(String::as_str).collect();
                out.push_str(&format!("  {one} -> {other}: {}\n", by.join(", ")));
            }
        }
    }
    out
}
