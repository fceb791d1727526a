//! Links the unwinder into the program, where the C compiler has it as a library to link in.
//!
//! Rust's own library asks for `libgcc_s.so` on Linux with glibc. To find, map and start that one costs as much
//! as five frames of a session, at every start.

use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=CC");
    let told = |name| std::env::var(name).unwrap_or_default();
    let at_home = told("HOST") == told("TARGET");
    let with_glibc = told("CARGO_CFG_TARGET_OS") == "linux" && told("CARGO_CFG_TARGET_ENV") == "gnu";
    if at_home
        && with_glibc
        && let Some(folder) = unwinder().as_deref().and_then(Path::parent)
    {
        println!("cargo::rustc-link-search=native={}", folder.display());
        println!("cargo::rustc-link-lib=static:-bundle=gcc_eh");
    }
}

/// Where the library is. Of one that it has not, the compiler tells the name alone.
fn unwinder() -> Option<PathBuf> {
    let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    let told = Command::new(compiler).arg("-print-file-name=libgcc_eh.a").output().ok()?;
    let path = PathBuf::from(String::from_utf8(told.stdout).ok()?.trim());
    path.is_absolute().then_some(path)
}
