//! Tests of the layer test itself, with small crates.

use super::cycles;
use super::modules::{Crate, Target};
use super::rules;
use std::collections::BTreeMap;
use std::path::Path;

fn crate_of(files: &[(&str, &str)]) -> Crate {
    let files: BTreeMap<&str, &str> = files.iter().copied().collect();
    Crate::read("lib.rs", &|path: &Path| files.get(path.to_str()?).map(ToString::to_string))
}

/// The targets of all paths in `a.rs`, separately for production and test code. `b.rs` and `c/mod.rs` are possible targets.
fn targets(text: &str) -> (Vec<String>, Vec<String>) {
    let program = crate_of(&[
        ("lib.rs", "pub mod a; pub mod b; pub mod c;"),
        ("a.rs", text),
        ("b.rs", "pub struct Thing; pub fn make() {}"),
        ("c/mod.rs", "mod d; pub use d::Deep; pub use crate::b::*;"),
        ("c/d.rs", "pub struct Deep;"),
        ("a/tests.rs", "use crate::b::Thing;"),
        ("a/more.rs", "fn f() { crate::b::make(); }"),
    ]);
    let (mut production, mut test) = (Vec::new(), Vec::new());
    for (number, file) in program.files.iter().enumerate().filter(|(_, f)| f.module.first().is_some_and(|m| m == "a")) {
        for one in &file.named {
            let target = match program.target(number, one) {
                Some(Target::Inside(other)) => program.files[other].path.display().to_string(),
                Some(Target::Outside(path)) => path.join("::"),
                None => continue,
            };
            if one.is_test { test.push(target) } else { production.push(target) }
        }
    }
    (production, test)
}

fn production(text: &str) -> Vec<String> {
    let (production, test) = targets(text);
    assert_eq!(test, Vec::<String>::new(), "{text}");
    production
}

#[test]
fn comments_and_literals_contain_no_paths() {
    for text in [
        "// use crate::b::Thing;",
        "/* a /* nested */ crate::b::make() */",
        "/// crate::b::Thing\nstruct A;",
        "const A: &str = \"crate::b::make()\";",
        "const A: &str = \"\\\" crate::b::make()\";",
        "const A: &str = r#\"\" crate::b::make()\"#;",
        "const A: &[u8] = b\"crate::b::make()\";",
        "const A: char = '\"'; // \" crate::b::make()",
        "const A: char = '\\''; // ' crate::b::make()",
        "fn f<'a>(a: &'a str) -> impl Iterator + use<'a> {}",
        "fn f(self) { self.b() }",
    ] {
        assert_eq!(production(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn paths_of_every_form_are_resolved() {
    for (text, expected) in [
        ("use crate::b::Thing;", "b.rs"),
        ("use crate::b;", "b.rs"),
        ("use super::b::Thing as T;", "b.rs"),
        ("pub(super) use super::b::{Thing, make};", "b.rs b.rs"),
        ("use crate::{b::{self, Thing}, c};", "b.rs b.rs c/mod.rs"),
        ("use crate::b::*;", "b.rs"),
        ("fn f() { crate::b::make(); }", "b.rs"),
        ("fn f() -> super::b::Thing {}", "b.rs"),
        ("fn f() { self::super::b::make(); }", "b.rs"),
        ("macro_rules! m { () => { $crate::b::make() } }", "b.rs"),
        ("mod inner { fn f() { super::super::b::make() } }", "b.rs"),
        ("mod inner { pub struct A; } fn f() { inner::A }", "a.rs"),
        ("use crate::c::Deep;", "c/d.rs"),
        ("use crate::c::Thing;", "b.rs"),
        ("use crate::c; fn f(_: c::Deep) {}", "c/mod.rs c/d.rs"),
        ("use std::time; fn f() { time::Instant::now() }", "std::time std::time::Instant::now"),
        ("use kube as k; fn f() { k::Api::all() }", "kube kube::Api::all"),
        ("use tokio::sync::mpsc::{self, Sender};", "tokio::sync::mpsc tokio::sync::mpsc::Sender"),
        ("use ::jiff::Timestamp;", "jiff::Timestamp"),
        ("mod more;", "b.rs"),
    ] {
        assert_eq!(production(text).join(" "), expected, "{text}");
    }
}

#[test]
fn test_code_ends_with_its_item() {
    let thing = "use crate::b::Thing;";
    for (text, in_production, in_tests) in [
        (format!("#[cfg(test)] mod t {{ {thing} }}"), 0, 1),
        (format!("#[cfg(test)] mod t {{ fn f() {{ }} }} {thing}"), 1, 0),
        (format!("#[cfg(test)] {thing} fn f() {{ crate::b::make() }}"), 1, 1),
        (format!("#[cfg(test)] fn t(a: [u8; 2]) {{ crate::b::make() }} {thing}"), 1, 1),
        ("struct A { #[cfg(test)] a: crate::b::Thing, b: crate::b::Thing }".to_string(), 1, 1),
        (format!("#[cfg(test)] #[path = \"x\"] mod t {{ {thing} }} {thing}"), 1, 1),
        (format!("#[cfg(not(test))] {thing}"), 1, 0),
        (format!("#[cfg(all(test, unix))] {thing}"), 0, 1),
        (format!("#![cfg(test)] {thing}"), 0, 1),
        (format!("#[cfg(test)] mod tests; {thing}"), 1, 1),
        ("#[cfg(test)] const A: char = '}'; mod more;".to_string(), 1, 0),
    ] {
        let (production, test) = targets(&text);
        assert_eq!((production.len(), test.len()), (in_production, in_tests), "{text}");
    }
}

fn file_cycles(files: &[(&str, &str)]) -> String {
    cycles::describe(&cycles::files(&crate_of(files)))
}

#[test]
fn cycles_are_found_with_every_form_of_import() {
    for (a, b) in [
        ("use crate::b::B; pub struct A;", "use crate::a::A; pub struct B;"),
        ("use super::b::B; pub struct A;", "pub struct B; fn f() { crate::a::A; }"),
        ("pub struct A; #[cfg(test)] mod t {} fn f() { super::b::B }", "use crate::{a::A as X}; pub struct B;"),
        ("pub use crate::b::B;\npub struct A(B);", "use crate::a::A; pub struct B;"),
    ] {
        let found = file_cycles(&[("lib.rs", "mod a; mod b;"), ("a.rs", a), ("b.rs", b)]);
        assert!(
            found.starts_with("cycle 1: a.rs, b.rs\n  a.rs -> b.rs: ") && found.contains("b.rs -> a.rs: "),
            "{a} {b}: {found}"
        );
    }
    let through_a_re_export = file_cycles(&[
        ("lib.rs", "mod a; mod m;"),
        ("a.rs", "use crate::m::B; pub struct A;"),
        ("m/mod.rs", "mod b; pub use b::B;"),
        ("m/b.rs", "use crate::a::A; pub struct B;"),
    ]);
    assert!(through_a_re_export.starts_with("cycle 1: a.rs, m/b.rs\n"), "{through_a_re_export}");
}

#[test]
fn imports_without_a_cycle_are_allowed() {
    for files in [
        // A module and its parent.
        [
            ("lib.rs", "mod m;"),
            ("m/mod.rs", "mod b; use b::B; pub struct M;"),
            ("m/b.rs", "use super::M; pub struct B;"),
        ],
        // Only in tests.
        [
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", "use crate::b::B; pub struct A;"),
            ("b.rs", "pub struct B; #[cfg(test)] mod t { use crate::a::A; }"),
        ],
        // In one direction.
        [
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", "use crate::b::B; use self::A as C; pub struct A;"),
            ("b.rs", "pub struct B;"),
        ],
        // Only re-exported.
        [
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", "pub use crate::b::B; pub struct A;"),
            ("b.rs", "use crate::a::A; pub struct B;"),
        ],
    ] {
        assert_eq!(file_cycles(&files), "", "{files:?}");
    }
}

#[test]
fn cycles_of_folders_are_found_across_files() {
    let files = [
        ("lib.rs", "mod x; mod y;"),
        ("x/mod.rs", "mod a; pub mod b;"),
        ("x/a.rs", "use crate::y::A;"),
        ("x/b.rs", "pub struct B;"),
        ("y/mod.rs", "mod c; pub struct A;"),
        ("y/c.rs", "use crate::x::b::B;"),
    ];
    assert_eq!(file_cycles(&files), "");
    let folders = cycles::describe(&cycles::folders(&crate_of(&files)));
    assert!(folders.starts_with("cycle 1: x, y\n  x -> y: x/a.rs imports crate::y::A (line 1)\n"), "{folders}");
}

/// The violations of a file in `folder`, in a crate with other folders that contain a `Thing`.
fn violations(folder: &str, text: &str) -> Vec<String> {
    let others = ["api", "cel", "domain", "net", "probes", "runtime", "controllers", "facade", "cli", "controlplane"];
    let names: Vec<String> = others.iter().map(|o| format!("{o}.rs")).collect();
    let root: String = others.iter().map(|o| format!("pub mod {o};")).collect();
    let mut files = vec![("lib.rs", root.as_str())];
    for (name, other) in names.iter().zip(others) {
        files.push((name, if other == folder { text } else { "pub struct Thing;" }));
    }
    rules::violations(&crate_of(&files))
}

#[test]
fn each_rule_can_be_broken() {
    for (folder, text) in [
        ("domain", "use crate::probes::Thing;"),
        ("domain", "use crate::net::Thing;"),
        ("domain", "fn f() { crate::probes::Thing; }"),
        ("domain", "#[cfg(test)] mod t { use crate::cli::Thing; }"),
        ("domain", "#[cfg(test)] mod t {}\nuse crate::facade::Thing;"),
        ("cel", "use crate::domain::Thing;"),
        ("cel", "use crate::api::Thing;"),
        ("runtime", "use crate::controllers::Thing;"),
        ("controllers", "use crate::facade::Thing;"),
        ("facade", "use crate::controlplane::Thing;"),
        ("controlplane", "use crate::api::Thing;"),
        ("controlplane", "#[cfg(test)] mod t { use crate::domain::Thing; }"),
        ("probes", "use kube::Client;"),
        ("net", "use kube as k;"),
        ("domain", "fn f() { kube::Api::all() }"),
        ("domain", "use tokio::time::sleep;"),
        ("domain", "fn f() { std::time::Instant::now() }"),
        ("domain", "use jiff::Timestamp; fn f() { Timestamp::now() }"),
        ("domain", "use std::thread;"),
        ("domain", "static A: LazyLock<Mutex<u8>> = x();"),
        ("domain", "static A: AtomicU8 = x();"),
        ("domain", "thread_local! { static A: Cell<u8> = x(); }"),
    ] {
        assert!(!violations(folder, text).is_empty(), "{folder}: {text}");
    }
}

#[test]
fn allowed_imports_are_no_violations() {
    for (folder, text) in [
        ("domain", "use crate::api::Thing; use crate::cel::Thing as Other;"),
        ("cli", "use crate::controlplane::Thing; use crate::facade::Thing as Other;"),
        ("cel", "use kube_cel::cel::Program;"),
        ("domain", "use k8s_openapi::apimachinery::Time;"),
        ("domain", "#[cfg(test)] mod t { fn f() { jiff::Timestamp::now() } }"),
        ("domain", "static NAMES: &[&str] = &[]; static RULE: LazyLock<Regex> = x();"),
        ("domain", "fn f(a: &'static str) {}"),
        ("controlplane", "use kube::Client; #[cfg(test)] mod t { use crate::api::Thing; }"),
        ("runtime", "use kube::Client; fn f() { tokio::time::Instant::now() }"),
    ] {
        assert_eq!(violations(folder, text), Vec::<String>::new(), "{folder}: {text}");
    }
}
