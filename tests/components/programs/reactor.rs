// A reactor: keeps strings on the heap between calls, and writes to standard output.
static mut KEPT: Vec<String> = Vec::new();
static mut COUNT: u32 = 0;

#[no_mangle]
pub extern "C" fn total() -> u64 {
    unsafe { KEPT.iter().map(|text| text.bytes().map(u64::from).sum::<u64>()).sum() }
}

#[no_mangle]
pub extern "C" fn add(n: u32) -> u64 {
    for _ in 0..n {
        unsafe {
            COUNT += 1;
            let letter = (b'a' + (COUNT % 26) as u8) as char;
            KEPT.push(letter.to_string().repeat(200 + COUNT as usize % 3000));
        }
    }
    let home = std::env::var("HOME").unwrap_or_else(|_| "nobody".to_string());
    println!("added {} to {}", n, home);
    total()
}
