//! The build script: tells the linker how to lay out the program, so that less of its file becomes resident.
//!
//! The system maps the program's file in blocks of 64 KiB. Where functions that run lie between others that do not, nearly all of the file
//! becomes resident. `link-order.txt` names those that run, so that they lie together. A name that the program does not have has no effect.
//!
//! The loader reads all relocations of the program when it starts. They take 1.9 MB, or 20 KB in the form that glibc reads from 2.36 on.

#![allow(clippy::print_stdout, reason = "Cargo reads what a build script prints")]

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

const ORDER: &str = "build/link-order.txt";
/// The first glibc that reads packed relocations. The program names what it needs, so that an older glibc refuses to start it.
const PACKED: (u32, u32) = (2, 36);

fn main() {
    println!("cargo::rerun-if-changed={ORDER}");
    println!("cargo::rerun-if-env-changed=CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER");
    if is_linked_by_lld() && variable("PROFILE") == "release" {
        let order = Path::new(&variable("CARGO_MANIFEST_DIR")).join(ORDER);
        let ordered = [format!("--symbol-ordering-file={}", order.display()), "--no-warn-symbol-ordering".to_string()];
        let packs = variable("HOST") == variable("TARGET") && glibc().is_some_and(|version| version >= PACKED);
        let packed = packs.then(|| ["-z".to_string(), "pack-relative-relocs".to_string()]);
        for argument in ordered.into_iter().chain(packed.into_iter().flatten()) {
            // As two arguments, since -Wl would split a path with a comma.
            println!("cargo::rustc-link-arg-bin=agentic-ops=-Xlinker");
            println!("cargo::rustc-link-arg-bin=agentic-ops={argument}");
        }
    }
}

/// Official compilers bring LLD for this target alone, and use it unless they are told of another linker. The argument is LLD's own.
fn is_linked_by_lld() -> bool {
    let (target, flags) = (variable("TARGET"), variable("CARGO_ENCODED_RUSTFLAGS"));
    let told = !variable("RUSTC_LINKER").is_empty() || ["linker", "-fuse-ld"].iter().any(|told| flags.contains(told));
    target == "x86_64-unknown-linux-gnu"
        && !told
        && sysroot().is_some_and(|root| root.join("lib/rustlib").join(target).join("bin/gcc-ld/ld.lld").exists())
}

/// Where the compiler has its files.
fn sysroot() -> Option<PathBuf> {
    let printed = Command::new(env::var_os("RUSTC")?).args(["--print", "sysroot"]).output().ok()?;
    Some(PathBuf::from(String::from_utf8(printed.stdout).ok()?.trim()))
}

/// The version of the C library here.
fn glibc() -> Option<(u32, u32)> {
    let printed = String::from_utf8(Command::new("ldd").arg("--version").output().ok()?.stdout).ok()?;
    let mut numbers = printed.lines().next()?.rsplit(' ').next()?.split('.').map(|number| number.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_default()
}
