//! The real operator against real targets on loopback: on the embedded control plane, and, where `AGENTIC_TEST_KUBECONFIG`
//! names one, on a real API server.

mod check;
mod facade;
mod kubectl;
mod malformed;
mod nine;
#[path = "../cluster/real.rs"]
mod real;
mod replicas;
mod running;

use std::path::Path;

/// Files that are generated and committed, with what the program makes of them now.
fn generated() -> Vec<(&'static str, String)> {
    vec![
        ("crds/agentic.ligbox.io.yaml", agentic_ops::cli::crds::render().unwrap()),
        ("docs/settings.md", agentic_ops::cli::settings::reference()),
        ("docs/openapi.json", agentic_ops::facade::openapi::document()),
    ]
}

/// `UPDATE_GENERATED=1 cargo test --test integration generated` writes them anew.
#[test]
fn generated_files_are_those_of_the_program() {
    for (path, wanted) in generated() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        if std::env::var_os("UPDATE_GENERATED").is_some() {
            std::fs::write(&file, &wanted).unwrap();
        }
        let committed = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(committed == wanted, "{path} is stale: UPDATE_GENERATED=1 cargo test --test integration generated");
    }
}

/// What each folder of `src/` may not import.
const FORBIDDEN: &[(&str, &[&str])] = &[
    (
        "domain",
        &[
            "kube::",
            "k8s_openapi::api::",
            "tokio",
            "crate::probes",
            "crate::controllers",
            "crate::facade",
            "crate::cli",
            "crate::controlplane",
            "crate::telemetry",
            "Timestamp::now",
            "Instant::now",
        ],
    ),
    ("probes", &["kube::", "crate::controllers", "crate::facade", "crate::cli", "crate::controlplane"]),
    (
        "controlplane",
        &[
            "crate::api",
            "crate::domain",
            "crate::probes",
            "crate::controllers",
            "crate::facade",
            "crate::cli",
            "crate::telemetry",
        ],
    ),
    ("controllers", &["crate::facade", "crate::cli", "crate::controlplane"]),
    ("facade", &["crate::cli", "crate::controlplane", "crate::probes"]),
    (
        "api",
        &["crate::domain", "crate::probes", "crate::controllers", "crate::facade", "crate::cli", "crate::controlplane"],
    ),
];

#[test]
fn the_layers_import_only_what_they_may() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    for (layer, forbidden) in FORBIDDEN {
        let mut seen = 0;
        for file in rust_files(&src.join(layer)) {
            seen += 1;
            let text = std::fs::read_to_string(&file).unwrap();
            for (number, line) in text.lines().enumerate().take_while(|(_, l)| !l.contains("#[cfg(test)]")) {
                let code = line.split("//").next().unwrap_or_default();
                let hit = forbidden.iter().find(|name| names(code, name));
                wrong.extend(hit.map(|name| format!("{}:{}: {name}", file.display(), number + 1)));
            }
        }
        assert!(seen > 0, "src/{layer} has no files");
    }
    assert_eq!(wrong, Vec::<String>::new());
}

/// `kube::` is not `kube_cel::`, and not the end of another word.
fn names(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(at, _)| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
}

fn rust_files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() && !path.ends_with("tests") {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|e| e == "rs") && !path.ends_with("tests.rs") {
            files.push(path);
        }
    }
    files
}
