//! What commands and views may not use.

use std::path::{Path, PathBuf};

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        // Tests may: the stand-in for the API server speaks HTTP.
        if path.is_dir() && !path.ends_with("tests") {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|e| e == "rs") && !path.ends_with("tests.rs") {
            files.push(path);
        }
    }
    files
}

#[test]
fn commands_and_views_use_neither_http_nor_a_layer_above() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let above = ["axum", "http::", "hyper", "tower", "crate::facade", "crate::desk", "crate::cli"];
    let of_views: Vec<_> = above.into_iter().chain(["crate::commands"]).collect();
    for (layer, forbidden) in [("commands", above.as_slice()), ("views", of_views.as_slice())] {
        let files = rust_files(&src.join(layer));
        assert!(files.len() > 5, "{files:?}");
        for file in files {
            let text = std::fs::read_to_string(&file).unwrap();
            for (number, line) in text.lines().enumerate() {
                let code = line.split("//").next().unwrap_or_default();
                let hit = forbidden.iter().find(|name| code.contains(**name));
                assert_eq!(hit, None, "{}:{}", file.display(), number + 1);
            }
        }
    }
}
