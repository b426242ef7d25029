//! Generated files that are committed must be up to date.

mod roster;

use std::path::Path;

/// The path of each file, and its contents as the program generates them.
fn generated() -> Vec<(&'static str, String)> {
    let registry = Path::new(env!("CARGO_MANIFEST_DIR")).join("registry.yaml");
    let registry = std::fs::read_to_string(registry).unwrap();
    vec![
        ("docs/agents-roster.md", roster::page(&registry)),
        ("crds/agentic.ligbox.io.yaml", agentic_ops::cli::crds::render().unwrap()),
        ("docs/settings.md", agentic_ops::cli::settings::reference()),
        ("docs/metrics.md", agentic_ops::telemetry::reference()),
        ("docs/openapi.json", agentic_ops::facade::openapi::document()),
    ]
}

/// `UPDATE_GENERATED=1 cargo test --test integration generated` regenerates the files.
#[test]
fn generated_files_are_up_to_date() {
    for (path, wanted) in generated() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        if std::env::var_os("UPDATE_GENERATED").is_some() {
            std::fs::write(&file, &wanted).unwrap();
        }
        let committed = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(committed == wanted, "{path} is stale: UPDATE_GENERATED=1 cargo test --test integration generated");
    }
}
