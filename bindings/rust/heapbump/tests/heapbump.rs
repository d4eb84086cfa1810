// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
use heapbump::*;

fn go() -> Vec<u8> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tests/fixtures/go/busy-go1.26.wasm");
    std::fs::read(path).expect("the fixture is there")
}

#[test]
fn reserves_verifies_and_gives_the_original_back() {
    let original = go();
    let options = ReserveOptions { pages: 4, placement: Placement::None, ..Default::default() };
    let made = reserve_with(&original, &options).unwrap();
    assert!(made.manifest.contains("\"pages\": 4"), "{}", made.manifest);
    assert!(made.report.contains("\"status\": \"reserved\""));
    assert!(verify(&original, &made.module, Some(&made.manifest)).unwrap().contains("\"verified\""));
    assert_eq!(undo(&made.module, None).unwrap(), original);
    assert_eq!(undo(&made.module, Some(&made.manifest)).unwrap(), original);
}

#[test]
fn makes_components_that_pass() {
    let original = go();
    let region = component(&original).unwrap();
    assert!(region.report.contains("\"strategy\": \"bump\""));
    let options = ComponentOptions { strategy: ComponentStrategy::Apart, flavor: Some("command"), ..Default::default() };
    let apart = component_with(&original, &options).unwrap();
    for made in [region, apart] {
        assert!(check(&made.component, None).unwrap().contains("\"exit_code\": 0"));
    }
}

#[test]
fn a_refusal_says_why() {
    let original = go();
    let error = detect(&original[..5000]).unwrap_err();
    assert_eq!(error.exit_code, 3);
    assert!(error.code.starts_with("HB03") && error.offset.is_some() && error.report.contains(&error.code));
    assert!(error.to_string().ends_with(&format!("[{}]", error.code)));
    let mut changed = reserve(&original).unwrap().module;
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    assert_eq!(verify(&original, &changed, None).unwrap_err().exit_code, 7);
    assert_eq!(detect(&[]).unwrap_err().exit_code, 3);
}

#[test]
fn wrong_options_are_refused() {
    let original = go();
    let pages = ReserveOptions { pages: 65537, ..Default::default() };
    assert_eq!(reserve_with(&original, &pages).unwrap_err().exit_code, 2);
    for flavor in ["no such flavor", "zero\0byte"] {
        let options = ComponentOptions { flavor: Some(flavor), ..Default::default() };
        assert!(component_with(&original, &options).is_err());
    }
}

#[test]
fn threads_do_not_meet() {
    let original = go();
    let expected = reserve(&original).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(reserve(&original).unwrap(), expected));
        }
    });
}

#[test]
fn the_version_is_this_crates() {
    assert_eq!(version(), env!("CARGO_PKG_VERSION"));
}
