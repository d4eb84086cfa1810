// The heap as Rust programs use it: maps, strings, boxed trees, vectors that grow, aligned layouts. Prints checksums.
use std::alloc::{alloc, alloc_zeroed, dealloc, Layout};
use std::collections::{BTreeMap, HashMap};
use std::io::{Read, Write};

struct Random(u32);
impl Random {
    fn next(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0
    }
}

fn mix(sum: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(sum, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(1099511628211))
}

fn work(rounds: u32, seed: u32) -> u64 {
    let mut random = Random(seed);
    let mut sum = 1469598103934665603u64;
    let mut tree: BTreeMap<u32, String> = BTreeMap::new();
    let mut blocks: Vec<(*mut u8, Layout)> = Vec::new();
    for i in 0..rounds {
        let key = random.next() % 500;
        let length = random.next() % 300;
        tree.insert(key, (0..length).map(|k| char::from(b'a' + ((k + i) % 26) as u8)).collect());
        if let Some(text) = tree.get(&(key / 2)) {
            sum = mix(sum, text.as_bytes());
        }
        let layout = Layout::from_size_align(1 + (random.next() % 9000) as usize, 1 << (random.next() % 9)).unwrap();
        unsafe {
            let at = if i % 2 == 0 { alloc_zeroed(layout) } else { alloc(layout) };
            assert!(!at.is_null() && at as usize % layout.align() == 0);
            if i % 2 == 0 {
                assert!((0..layout.size()).all(|k| *at.add(k) == 0));
            }
            std::ptr::write_bytes(at, i as u8, layout.size());
            blocks.push((at, layout));
            if blocks.len() > 60 {
                let (old, layout) = blocks.swap_remove((random.next() % 60) as usize);
                sum = sum.wrapping_add(u64::from(*old)).wrapping_mul(31);
                dealloc(old, layout);
            }
        }
    }
    for (at, layout) in blocks {
        unsafe {
            sum = sum.wrapping_add(u64::from(*at)).wrapping_mul(31);
            dealloc(at, layout);
        }
    }
    let large: Vec<u64> = (0..100_000).map(|k| sum.wrapping_mul(k)).collect();
    large.iter().fold(sum, |sum, value| sum.rotate_left(5) ^ value)
}

/// For the build without an operating system: the same work, called by name.
#[no_mangle]
pub extern "C" fn run(rounds: u32, seed: u32) -> u64 {
    work(rounds, seed)
}

fn main() {
    println!("work {:016x}", work(600, 99));
    let mut counts: HashMap<String, usize> = HashMap::new();
    let mut variables: Vec<_> = std::env::vars().collect();
    variables.sort();
    let mut sum = 7;
    for (name, value) in &variables {
        sum = mix(mix(sum, name.as_bytes()), value.as_bytes());
    }
    println!("{} variables {:016x}", variables.len(), sum);
    if let Ok(text) = std::fs::read_to_string("/data/text.txt") {
        for word in text.split_whitespace() {
            *counts.entry(word.to_string()).or_insert(0) += 1;
        }
    }
    let mut sorted: Vec<_> = counts.into_iter().collect();
    sorted.sort();
    for (word, count) in &sorted {
        sum = mix(sum, word.as_bytes()).wrapping_add(*count as u64);
    }
    println!("{} words {:016x}", sorted.len(), sum);
    let mut input = Vec::new();
    std::io::stdin().read_to_end(&mut input).unwrap();
    println!("stdin of {} bytes {:016x}", input.len(), mix(sum, &input));
    println!("work {:016x}", work(900, 1234));
    std::io::stdout().flush().unwrap();
    std::process::exit(6);
}
