// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//! From app.wasm to a component that runs:
//!
//!     cargo run --example component app.wasm app.component.wasm
use std::{env, fs, process::ExitCode};

fn main() -> ExitCode {
    let names: Vec<String> = env::args().skip(1).collect();
    let [source, target] = names.as_slice() else {
        eprintln!("usage: component IN OUT");
        return ExitCode::from(2);
    };
    let made = fs::read(source)
        .map_err(|error| error.to_string())
        .and_then(|module| heapbump::component(&module).map_err(|error| error.to_string()))
        .and_then(|made| fs::write(target, made.component).map_err(|error| error.to_string()));
    match made {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{source}: {why}");
            ExitCode::FAILURE
        }
    }
}
