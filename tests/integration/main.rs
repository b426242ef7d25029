//! The real operator on the embedded control plane, against real targets on loopback.

mod facade;
mod kubectl;
mod malformed;
mod nine;
mod replicas;
mod running;

use std::path::Path;

/// `crds/` holds what the program prints.
#[test]
fn the_committed_definitions_are_those_of_the_types() {
    let committed = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("crds/agentic.ligbox.io.yaml"));
    assert_eq!(
        committed.unwrap(),
        agentic_ops::cli::crds::render().unwrap(),
        "cargo run -- crds > crds/agentic.ligbox.io.yaml"
    );
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
