// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//! Makes components of finished WASI preview1 modules, and reserves regions of linear memory in them. Bytes in, bytes
//! out: no file is read or written, and no process is started. Functions share no state.
#![doc = include_str!("../README.md")]
#![forbid(clippy::undocumented_unsafe_blocks)]

use heapbump_sys as sys;
use std::ffi::{CStr, CString};
use std::fmt;

/// Why a verb gave no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// The diagnostic, `HB0504`.
    pub code: String,
    /// What is wrong, and what to do.
    pub message: String,
    /// The file offset that it is about.
    pub offset: Option<u64>,
    /// As the program's: 2 wrong use, 3 malformed, 4 not supported, 5 no heap start found or not sure enough, 6 does
    /// not fit, 7 the check failed, 1 anything else.
    pub exit_code: i32,
    /// JSON; empty where memory was missing.
    pub report: String,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}]", self.message, self.code)
    }
}

impl std::error::Error for Error {}

pub type Result<T> = std::result::Result<T, Error>;

/// A module with a region that it never touches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reserved {
    pub module: Vec<u8>,
    /// layout.json
    pub manifest: String,
    pub report: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    pub component: Vec<u8>,
    /// The core module that is embedded.
    pub module: Vec<u8>,
    pub manifest: String,
    pub report: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Strategy {
    /// The first that is sound and has room.
    #[default]
    Auto,
    Bump,
    Tail,
    Gap,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ComponentStrategy {
    /// A region of the module where that is safe, else a memory apart.
    #[default]
    Auto,
    Bump,
    Tail,
    Gap,
    /// The adapter in a memory of its own; the module is not edited.
    Apart,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Placement {
    #[default]
    Auto,
    Shim,
    Adapter,
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Confidence {
    #[default]
    Strong,
    Weak,
    Proven,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReserveOptions {
    /// Of 64 KiB.
    pub pages: u64,
    /// How many share the region, 2 pages each.
    pub adapters: u32,
    pub strategy: Strategy,
    pub placement: Placement,
    pub min_confidence: Confidence,
    pub allow_moved_code: bool,
    /// Whether the module is verified before it is returned.
    pub verify: bool,
}

impl Default for ReserveOptions {
    fn default() -> Self {
        ReserveOptions {
            pages: 2,
            adapters: 1,
            strategy: Strategy::Auto,
            placement: Placement::Auto,
            min_confidence: Confidence::Strong,
            allow_moved_code: false,
            verify: true,
        }
    }
}

#[derive(Debug, Clone, Default)]
pub struct ComponentOptions<'a> {
    pub strategy: ComponentStrategy,
    /// Below it the heap is not moved.
    pub min_confidence: Confidence,
    /// Of the shipped adapter: "command", "reactor" or "proxy"; nothing: as the module is.
    pub flavor: Option<&'a str>,
    /// Another preview1 adapter.
    pub adapter: Option<&'a [u8]>,
}

/// A result of the library, freed when it is dropped.
struct Answer(*mut sys::heapbump_result);

impl Drop for Answer {
    fn drop(&mut self) {
        // SAFETY: the pointer came from the library and is freed once.
        unsafe { sys::heapbump_result_free(self.0) }
    }
}

impl Answer {
    /// The answer, or the error that it is.
    fn of(result: *mut sys::heapbump_result) -> Result<Answer> {
        let answer = Answer(result);
        // SAFETY: the result is valid until it is dropped; the texts end with a zero byte and live as long.
        unsafe {
            let exit_code = sys::heapbump_result_exit_code(answer.0);
            if exit_code == 0 {
                return Ok(answer);
            }
            let text = |pointer| CStr::from_ptr(pointer).to_string_lossy().into_owned();
            let mut offset = 0;
            let has_offset = sys::heapbump_result_offset(answer.0, &mut offset) != 0;
            Err(Error {
                code: text(sys::heapbump_result_code(answer.0)),
                message: text(sys::heapbump_result_message(answer.0)),
                offset: has_offset.then_some(offset),
                exit_code,
                report: answer.text(sys::HEAPBUMP_REPORT),
            })
        }
    }

    fn bytes(&self, what: u32) -> Vec<u8> {
        // SAFETY: the library says where the bytes are and how many; they live as long as the result.
        unsafe {
            let found = sys::heapbump_result_get(self.0, what);
            if found.data.is_null() {
                return Vec::new();
            }
            std::slice::from_raw_parts(found.data.cast::<u8>(), found.size).to_vec()
        }
    }

    fn text(&self, what: u32) -> String {
        String::from_utf8_lossy(&self.bytes(what)).into_owned()
    }
}

/// The library's version.
pub fn version() -> String {
    // SAFETY: the text is static.
    unsafe { CStr::from_ptr(sys::heapbump_version()) }.to_string_lossy().into_owned()
}

/// Which toolchain made a core module and where its heap starts: the report, as JSON.
pub fn detect(module: &[u8]) -> Result<String> {
    // SAFETY: the library reads the bytes during the call alone.
    let answer = Answer::of(unsafe { sys::heapbump_detect(module.as_ptr().cast(), module.len()) })?;
    Ok(answer.text(sys::HEAPBUMP_REPORT))
}

/// Reserves two pages, which is what a preview1 adapter needs.
pub fn reserve(module: &[u8]) -> Result<Reserved> {
    reserve_with(module, &ReserveOptions::default())
}

pub fn reserve_with(module: &[u8], options: &ReserveOptions) -> Result<Reserved> {
    let options = sys::heapbump_reserve_options {
        struct_size: std::mem::size_of::<sys::heapbump_reserve_options>(),
        pages: options.pages,
        adapters: options.adapters,
        strategy: options.strategy as u32,
        placement: options.placement as u32,
        min_confidence: options.min_confidence as u32,
        allow_moved_code: options.allow_moved_code.into(),
        skip_verify: (!options.verify).into(),
    };
    // SAFETY: bytes and options outlive the call, and the options say their size.
    let answer = Answer::of(unsafe { sys::heapbump_reserve(module.as_ptr().cast(), module.len(), &options) })?;
    Ok(Reserved {
        module: answer.bytes(sys::HEAPBUMP_MODULE),
        manifest: answer.text(sys::HEAPBUMP_MANIFEST),
        report: answer.text(sys::HEAPBUMP_REPORT),
    })
}

/// A component that runs, whatever the module is.
pub fn component(module: &[u8]) -> Result<Component> {
    component_with(module, &ComponentOptions::default())
}

pub fn component_with(module: &[u8], options: &ComponentOptions<'_>) -> Result<Component> {
    // The library knows no flavor with either in it.
    let flavor = options.flavor.map(|name| CString::new(name.replace('\0', "?")).expect("has no zero byte"));
    let options = sys::heapbump_component_options {
        struct_size: std::mem::size_of::<sys::heapbump_component_options>(),
        strategy: options.strategy as u32,
        min_confidence: options.min_confidence as u32,
        flavor: flavor.as_ref().map_or(std::ptr::null(), |name| name.as_ptr()),
        adapter: options.adapter.map_or(std::ptr::null(), |bytes| bytes.as_ptr().cast()),
        adapter_size: options.adapter.map_or(0, <[u8]>::len),
    };
    // SAFETY: bytes, options and what they point to outlive the call.
    let answer = Answer::of(unsafe { sys::heapbump_component(module.as_ptr().cast(), module.len(), &options) })?;
    Ok(Component {
        component: answer.bytes(sys::HEAPBUMP_COMPONENT),
        module: answer.bytes(sys::HEAPBUMP_MODULE),
        manifest: answer.text(sys::HEAPBUMP_MANIFEST),
        report: answer.text(sys::HEAPBUMP_REPORT),
    })
}

/// Holds a reserved module against its original, and against a manifest; the report. Where something is not as it
/// must be, the error's code is `HB0701`.
pub fn verify(original: &[u8], reserved: &[u8], manifest: Option<&str>) -> Result<String> {
    let manifest = manifest.unwrap_or_default();
    // SAFETY: the library reads the bytes during the call alone.
    let answer = Answer::of(unsafe {
        sys::heapbump_verify(
            original.as_ptr().cast(),
            original.len(),
            reserved.as_ptr().cast(),
            reserved.len(),
            manifest.as_ptr().cast(),
            manifest.len(),
        )
    })?;
    Ok(answer.text(sys::HEAPBUMP_REPORT))
}

/// Whether a component's adapters keep to the region, or to a memory of their own; the report.
pub fn check(component: &[u8], manifest: Option<&str>) -> Result<String> {
    let manifest = manifest.unwrap_or_default();
    // SAFETY: the library reads the bytes during the call alone.
    let answer = Answer::of(unsafe {
        sys::heapbump_check(component.as_ptr().cast(), component.len(), manifest.as_ptr().cast(), manifest.len())
    })?;
    Ok(answer.text(sys::HEAPBUMP_REPORT))
}

/// The original of a reserved module, byte for byte. The manifest is needed where a tool removed the record.
pub fn undo(reserved: &[u8], manifest: Option<&str>) -> Result<Vec<u8>> {
    let manifest = manifest.unwrap_or_default();
    // SAFETY: the library reads the bytes during the call alone.
    let answer = Answer::of(unsafe {
        sys::heapbump_undo(reserved.as_ptr().cast(), reserved.len(), manifest.as_ptr().cast(), manifest.len())
    })?;
    Ok(answer.bytes(sys::HEAPBUMP_MODULE))
}
