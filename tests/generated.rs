//! Files that are generated and committed are those that the program would write now.

use std::path::Path;

/// Each file, with what the program makes of it.
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
