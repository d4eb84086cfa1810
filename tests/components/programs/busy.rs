// A command: maps and strings on the heap, arguments, the environment and standard input between.
use std::collections::{BTreeMap, HashMap};
use std::io::{Read, Write};

fn main() {
    let mut input = Vec::new();
    std::io::stdin().read_to_end(&mut input).unwrap();
    let mut sum = 1469598103934665603u64;
    let mut mix = |bytes: &[u8]| bytes.iter().for_each(|b| sum = (sum ^ u64::from(*b)).wrapping_mul(1099511628211));
    std::env::args().for_each(|a| mix(a.as_bytes()));
    std::env::vars().for_each(|(k, v)| mix(format!("{}={}", k, v).as_bytes()));
    mix(&input);
    let mut tree: BTreeMap<u32, String> = BTreeMap::new();
    let mut map: HashMap<String, Vec<u8>> = HashMap::new();
    let mut out = std::io::stdout();
    for i in 0..3000u32 {
        let key = i.wrapping_mul(2654435761) % 1000;
        tree.insert(key, "x".repeat((i % 400) as usize));
        map.insert(format!("k{}", key), vec![i as u8; (i % 900) as usize]);
        if i % 100 == 0 {
            writeln!(out, "{} {} {}", i, tree.values().map(String::len).sum::<usize>(), map.values().map(Vec::len).sum::<usize>()).unwrap();
        }
    }
    writeln!(out, "{:x} {}", sum, input.len()).unwrap();
}
