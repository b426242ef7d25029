//! Allowed imports between the folders of `src/`, and forbidden uses of other crates.

use super::modules::{Crate, File, Target};
use super::paths::Named;
use super::source::Token;

/// The layers, lowest first. A folder may import folders of lower layers and itself.
const LAYERS: &[&[&str]] = &[
    &["api", "cel", "listener"],
    &["domain", "net", "disposable"],
    &["telemetry"],
    &["probes", "channels", "advisor", "history"],
    &["runtime"],
    &["controllers"],
    &["views"],
    // The results of commands are views.
    &["commands"],
    &["facade", "desk"],
    &["cli"],
];
/// Imports no other folder but `SHARED`, and may only be imported by `WIRING`.
const APART: &str = "controlplane";
/// Accepts connections for both servers, so that their limits are the same. It imports nothing itself.
const SHARED: &str = "listener";
const WIRING: &str = "cli";

/// Paths that these folders may not use: any that begin or end with these.
const FORBIDDEN: &[(&[&str], &[&str])] = &[
    (&["cel", "net", "domain", "probes", "channels", "advisor", "history", "disposable"], &["kube"]),
    (&["cel", "domain"], &["k8s_openapi::api", "tokio", "Instant::now", "SystemTime::now", "Timestamp::now"]),
    (&["domain"], &["std::thread", "thread_local"]),
    (&["commands", "views"], &["axum", "http", "hyper", "tower", "tower_http"]),
];
/// What test code may use besides: the clock, a server that stands in for the API, and the embedded API with the kinds of this program.
const ALLOWED_IN_TESTS: &[&str] =
    &["Instant::now", "SystemTime::now", "Timestamp::now", "axum", "http", "hyper", "tower", "tower_http"];
const IMPORTED_IN_TESTS: &[(&str, &str)] = &[(APART, "api")];

/// Types that a `static` may not have in `WITHOUT_STATE`, a folder without global state.
const STATEFUL: &[&str] = &["Mutex", "RwLock", "OnceLock", "OnceCell", "RefCell", "Cell", "DashMap"];
const WITHOUT_STATE: &str = "domain";

/// Folders and files of `src/` that are not in the table.
pub fn unlisted(program: &Crate) -> Vec<String> {
    let is_listed = |name: &str| layer(name).is_some() || name == APART;
    let tops = program.files.iter().filter_map(|f| f.module.first());
    let mut unlisted: Vec<String> = tops.filter(|top| !is_listed(top)).cloned().collect();
    unlisted.dedup();
    unlisted
}

pub fn violations(program: &Crate) -> Vec<String> {
    let mut found = Vec::new();
    for (number, file) in program.files.iter().enumerate() {
        let Some(top) = file.module.first() else { continue };
        for one in &file.named {
            let target = program.target(number, one);
            let wrong = match target {
                Some(Target::Inside(other)) => import_of(program, top, other, one.is_test),
                Some(Target::Outside(path)) => use_of(top, &path, one.is_test),
                None => None,
            };
            found.extend(wrong.map(|wrong| report(file, one, &wrong)));
        }
        if top == WITHOUT_STATE {
            found.extend(statics(file));
        }
    }
    found
}

fn report(file: &File, one: &Named, wrong: &str) -> String {
    let place = if one.is_test { ", in test code" } else { "" };
    format!("src/{}:{}{place}: {}: {wrong}", file.path.display(), one.line, one.segments.join("::"))
}

fn layer(name: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&name))
}

fn import_of(program: &Crate, top: &str, other: usize, is_test: bool) -> Option<String> {
    // The root only declares the modules.
    let other = program.files[other].module.first()?.as_str();
    let may = match (layer(top), layer(other)) {
        _ if top == other || is_test && IMPORTED_IN_TESTS.contains(&(top, other)) => true,
        (Some(mine), Some(theirs)) => theirs < mine,
        _ => other == APART && top == WIRING || top == APART && other == SHARED,
    };
    (!may).then(|| format!("{top} may not import {other}"))
}

fn use_of(top: &str, path: &[String], is_test: bool) -> Option<String> {
    let rules = FORBIDDEN.iter().filter(|(folders, _)| folders.contains(&top)).flat_map(|(_, names)| *names);
    let mut rules = rules.filter(|name| !(is_test && ALLOWED_IN_TESTS.contains(name)));
    let name = rules.find(|name| {
        let name: Vec<&str> = name.split("::").collect();
        let is_at_end = name.len() > 1 && path.ends_with(&name.iter().map(ToString::to_string).collect::<Vec<_>>());
        is_at_end || path.len() >= name.len() && path.iter().zip(&name).all(|(a, b)| a == b)
    })?;
    Some(format!("{top} may not use {name}"))
}

/// Mutable statics in production code.
fn statics(file: &File) -> Vec<String> {
    let mut found = Vec::new();
    for (at, token) in file.tokens.iter().enumerate().filter(|(_, t)| t.is_word("static") && !t.is_test) {
        let rest = file.tokens[at..].iter().take_while(|t| !t.is('=') && !t.is(';'));
        let changes =
            |t: &Token| t.word().is_some_and(|w| STATEFUL.contains(&w) || w.starts_with("Atomic") || w == "mut");
        if rest.into_iter().any(changes) {
            found.push(format!(
                "src/{}:{}: {WITHOUT_STATE} may not have process-wide state",
                file.path.display(),
                token.line
            ));
        }
    }
    let local = file.tokens.iter().filter(|t| t.is_word("thread_local") && !t.is_test);
    found.extend(
        local.map(|t| {
            format!("src/{}:{}: {WITHOUT_STATE} may not have thread-local state", file.path.display(), t.line)
        }),
    );
    found
}
