// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// heapbump: reserves a region of linear memory in a finished WebAssembly module. A manual on one page.
//
// WHAT FOR. A core module that imports WASI preview1 becomes a component with the preview1-to-preview2
// adapter at its side. The adapter needs two pages of the module's own memory. heapbump finds where the
// module's heap starts, moves that start up, and so leaves a region [base, base + size) that the module never
// touches.
//
// HOW. Every function takes bytes and returns a Result<T>, which is std::expected<T, Error> (error.h). The
// library does not print, does not throw across these functions and does not end the process.
//
//   #include <heapbump/heapbump.h>
//
//   auto input = heapbump::Input::open("program.wasm");              // input.h: the module, read once
//   if (!input) return report(input.error());                        // a code, a file offset, a sentence
//   auto reservation = heapbump::reserve(*input, {.pages = 2});      // reserve.h
//   if (!reservation) return report(reservation.error());            // refused: nothing was changed
//   std::vector<std::byte> output = reservation->output(input->bytes());
//   auto checked = heapbump::verify_modules(input->bytes(), output, std::nullopt);   // verify.h
//   bool right = checked && checked->ok();
//
// WHERE TO FIND IT
//   error.h      Error, Result, the diagnostic codes and their exit codes
//   input.h      Input: a core module that was read and found well formed; Edit
//   manifest.h   Manifest: where the region is and who uses which part of it (layout.json)
//   occurrence.h Occurrence: a number at a place in the file
//   detect.h     detect: which toolchain made the module, where its heap starts, what may be moved
//   reserve.h    reserve: the reserved module; undo: the original again, byte for byte
//   verify.h     verify_modules: an original and a reserved module compared, independently of detect and
//   reserve component.h  place_adapter: an adapter whose stack and State are at the manifest's addresses
//   check.h      check_component: whether a finished component keeps to the region
//   report.h     the same answers as JSON text, by the schemas in share/heapbump/schemas
//
// REFUSALS. What heapbump cannot prove, it refuses: an Error whose code is HB04xx to HB06xx. all_codes()
// lists the codes, each with an explanation. A refusal depends on the input and the request only.
//
// LIFETIMES. An Input owns its bytes (open, read) or refers to the caller's (view), which must then outlive
// it. Finding and Manifest own what they hold. Verification::Change refers to the two files given.
//
// THREADS. Functions share no state. One Input may be used by several threads at once.
//
// LIMITS. Work and memory are bounded by the input's size (docs/limits.md), whatever the input is.
#pragma once

#include "heapbump/check.h"
#include "heapbump/component.h"
#include "heapbump/description.h"
#include "heapbump/detect.h"
#include "heapbump/error.h"
#include "heapbump/input.h"
#include "heapbump/manifest.h"
#include "heapbump/occurrence.h"
#include "heapbump/report.h"
#include "heapbump/reserve.h"
#include "heapbump/verify.h"
