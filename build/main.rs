//! The build script: tells the linker in which order to lay out the functions of the program.
//!
//! The system maps the program's file in blocks of 64 KiB. Where functions that run lie between others that do not, nearly all of the file
//! becomes resident. `link-order.txt` names those that run, so that they lie together. A name that the program does not have has no effect.

#![allow(clippy::print_stdout, reason = "Cargo reads what a build script prints")]

use std::env;
use std::path::Path;

const ORDER: &str = "build/link-order.txt";

fn main() {
    println!("cargo::rerun-if-changed={ORDER}");
    if is_linked_by_lld() && variable("PROFILE") == "release" {
        let order = Path::new(&variable("CARGO_MANIFEST_DIR")).join(ORDER);
        for argument in [format!("--symbol-ordering-file={}", order.display()), "--no-warn-symbol-ordering".to_string()]
        {
            // As two arguments, since -Wl would split a path with a comma.
            println!("cargo::rustc-link-arg-bin=agentic-ops=-Xlinker");
            println!("cargo::rustc-link-arg-bin=agentic-ops={argument}");
        }
    }
}

/// The Rust compiler brings LLD for this target alone, and uses it unless it is told of another linker. The argument is LLD's own.
fn is_linked_by_lld() -> bool {
    let flags = variable("CARGO_ENCODED_RUSTFLAGS");
    variable("TARGET") == "x86_64-unknown-linux-gnu"
        && variable("RUSTC_LINKER").is_empty()
        && !["linker", "-fuse-ld"].iter().any(|told| flags.contains(told))
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_default()
}
