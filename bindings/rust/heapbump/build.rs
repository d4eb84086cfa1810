// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//! For this crate's own tests and examples alone: they run with the library that they were linked with.
fn main() {
    if let Ok(folder) = std::env::var("DEP_HEAPBUMP_LIB_DIR") {
        println!("cargo:rustc-link-arg-tests=-Wl,-rpath,{folder}");
        println!("cargo:rustc-link-arg-examples=-Wl,-rpath,{folder}");
    }
}
