// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//! Finds libheapbump: in the folder HEAPBUMP_LIB_DIR (of a build tree, or an installation), or else by pkg-config. It
//! has no dependency of its own, so that nothing else has to be trusted to build it.
use std::{env, process::Command};

const LOWEST: &str = "0.2.0";

fn main() {
    println!("cargo:rerun-if-env-changed=HEAPBUMP_LIB_DIR");
    println!("cargo:rerun-if-env-changed=PKG_CONFIG_PATH");
    if let Ok(folder) = env::var("HEAPBUMP_LIB_DIR") {
        println!("cargo:rustc-link-search=native={folder}");
        println!("cargo:rustc-link-lib=dylib=heapbump");
        println!("cargo:lib_dir={folder}");
        return;
    }
    match pkg_config() {
        Ok(flags) => {
            for flag in flags.split_whitespace() {
                if let Some(folder) = flag.strip_prefix("-L") {
                    println!("cargo:rustc-link-search=native={folder}");
                    println!("cargo:lib_dir={folder}");
                } else if let Some(library) = flag.strip_prefix("-l") {
                    println!("cargo:rustc-link-lib=dylib={library}");
                }
            }
        }
        Err(why) => {
            eprintln!("libheapbump {LOWEST} or later was not found: {why}");
            eprintln!("Install it, or name the folder that has libheapbump.so in HEAPBUMP_LIB_DIR.");
            std::process::exit(1);
        }
    }
}

fn pkg_config() -> Result<String, String> {
    let program = env::var("PKG_CONFIG").unwrap_or_else(|_| "pkg-config".to_owned());
    let output = Command::new(&program)
        .args(["--libs", &format!("heapbump >= {LOWEST}")])
        .env("PKG_CONFIG_ALLOW_SYSTEM_LIBS", "1")
        .output()
        .map_err(|error| format!("{program}: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
