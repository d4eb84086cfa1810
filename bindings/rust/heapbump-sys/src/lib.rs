// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//! `heapbump.h`, which documents each of these, in Rust. The crate `heapbump` has a safe face.
#![no_std]
#![allow(non_camel_case_types)]

use core::ffi::{c_char, c_int, c_void};

#[repr(C)]
pub struct heapbump_result {
    _private: [u8; 0],
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct heapbump_bytes {
    pub data: *const c_void,
    pub size: usize,
}

pub const HEAPBUMP_MODULE: u32 = 1;
pub const HEAPBUMP_COMPONENT: u32 = 2;
pub const HEAPBUMP_MANIFEST: u32 = 3;
pub const HEAPBUMP_REPORT: u32 = 4;

pub const HEAPBUMP_STRATEGY_AUTO: u32 = 0;
pub const HEAPBUMP_STRATEGY_BUMP: u32 = 1;
pub const HEAPBUMP_STRATEGY_TAIL: u32 = 2;
pub const HEAPBUMP_STRATEGY_GAP: u32 = 3;
pub const HEAPBUMP_STRATEGY_APART: u32 = 4;
pub const HEAPBUMP_PLACEMENT_AUTO: u32 = 0;
pub const HEAPBUMP_PLACEMENT_SHIM: u32 = 1;
pub const HEAPBUMP_PLACEMENT_ADAPTER: u32 = 2;
pub const HEAPBUMP_PLACEMENT_NONE: u32 = 3;
pub const HEAPBUMP_CONFIDENCE_STRONG: u32 = 0;
pub const HEAPBUMP_CONFIDENCE_WEAK: u32 = 1;
pub const HEAPBUMP_CONFIDENCE_PROVEN: u32 = 2;

#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct heapbump_reserve_options {
    pub struct_size: usize,
    pub pages: u64,
    pub adapters: u32,
    pub strategy: u32,
    pub placement: u32,
    pub min_confidence: u32,
    pub allow_moved_code: u32,
    pub skip_verify: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct heapbump_component_options {
    pub struct_size: usize,
    pub strategy: u32,
    pub min_confidence: u32,
    pub flavor: *const c_char,
    pub adapter: *const c_void,
    pub adapter_size: usize,
}

extern "C" {
    pub fn heapbump_version() -> *const c_char;
    pub fn heapbump_detect(module: *const c_void, size: usize) -> *mut heapbump_result;
    pub fn heapbump_reserve(
        module: *const c_void,
        size: usize,
        options: *const heapbump_reserve_options,
    ) -> *mut heapbump_result;
    pub fn heapbump_verify(
        original: *const c_void,
        original_size: usize,
        reserved: *const c_void,
        reserved_size: usize,
        manifest: *const c_char,
        manifest_size: usize,
    ) -> *mut heapbump_result;
    pub fn heapbump_check(
        component: *const c_void,
        size: usize,
        manifest: *const c_char,
        manifest_size: usize,
    ) -> *mut heapbump_result;
    pub fn heapbump_component(
        module: *const c_void,
        size: usize,
        options: *const heapbump_component_options,
    ) -> *mut heapbump_result;
    pub fn heapbump_undo(
        reserved: *const c_void,
        size: usize,
        manifest: *const c_char,
        manifest_size: usize,
    ) -> *mut heapbump_result;
    pub fn heapbump_result_exit_code(result: *const heapbump_result) -> c_int;
    pub fn heapbump_result_code(result: *const heapbump_result) -> *const c_char;
    pub fn heapbump_result_message(result: *const heapbump_result) -> *const c_char;
    pub fn heapbump_result_offset(result: *const heapbump_result, offset: *mut u64) -> c_int;
    pub fn heapbump_result_get(result: *const heapbump_result, what: u32) -> heapbump_bytes;
    pub fn heapbump_result_free(result: *mut heapbump_result);
}
