// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//! Writes the parts of each answer into a folder of its own, for the comparison with the program
//! (tests/bindings/rust_test.mjs). Standard input has three lines for each question: the verb, the module, the folder.
use std::{fs, io, path::Path};

fn main() -> io::Result<()> {
    let lines: Vec<String> = io::stdin().lines().collect::<io::Result<_>>()?;
    for question in lines.chunks_exact(3) {
        let (verb, folder) = (question[0].as_str(), Path::new(&question[2]));
        let module = fs::read(&question[1])?;
        fs::create_dir_all(folder)?;
        let write = |name: &str, bytes: &[u8]| fs::write(folder.join(name), bytes);
        let exit_code = match answer(verb, &module) {
            Ok(parts) => {
                for (name, bytes) in parts {
                    write(name, &bytes)?;
                }
                0
            }
            Err(error) => {
                write("report", error.report.as_bytes())?;
                error.exit_code
            }
        };
        write("exit_code", exit_code.to_string().as_bytes())?;
    }
    Ok(())
}

fn answer(verb: &str, module: &[u8]) -> heapbump::Result<Vec<(&'static str, Vec<u8>)>> {
    Ok(match verb {
        "detect" => vec![("report", heapbump::detect(module)?.into_bytes())],
        "reserve" => {
            let made = heapbump::reserve(module)?;
            vec![("module", made.module), ("manifest", made.manifest.into_bytes()), ("report", made.report.into_bytes())]
        }
        _ => {
            let made = heapbump::component(module)?;
            vec![
                ("component", made.component),
                ("module", made.module),
                ("manifest", made.manifest.into_bytes()),
                ("report", made.report.into_bytes()),
            ]
        }
    })
}
