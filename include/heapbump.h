/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * heapbump for C and for every language that can call C: bytes in, bytes out. Nothing here reads or writes a
 * file, starts a process, prints, throws or ends the program.
 *
 *   heapbump_result* made = heapbump_component(bytes, size, NULL);
 *   if (heapbump_result_exit_code(made) == 0) {
 *     heapbump_bytes component = heapbump_result_get(made, HEAPBUMP_COMPONENT);
 *     fwrite(component.data, 1, component.size, out);
 *   } else {
 *     fprintf(stderr, "%s [%s]\n", heapbump_result_message(made), heapbump_result_code(made));
 *   }
 *   heapbump_result_free(made);
 *
 * RESULTS. Every function returns a result, never NULL, that the caller frees. What it hands out lives as
 * long as the result. The exit code is that of the program: 0 done, 1 internal or out of memory, 2 wrong use,
 * 3 malformed, 4 valid but not supported, 5 no heap start found or not sure enough, 6 does not fit, 7 the
 * check failed. The answers have the same bytes as the files that the program writes.
 *
 * OPTIONS. NULL asks for the defaults. Otherwise set the structure to zero, and its first member to
 * sizeof(structure): a library that is newer than this header then knows which members there are. Zero always
 * is the default of a member.
 *
 * THREADS. Functions share no state. One result may be read by several threads at once.
 *
 * The header is C99 and C++. Its symbols have versions, and none is removed or changed within a soversion.
 */
#ifndef HEAPBUMP_H
#define HEAPBUMP_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32) && defined(HEAPBUMP_BUILDS_DLL)
#define HEAPBUMP_API __declspec(dllexport)
#elif defined(__GNUC__) && !defined(_WIN32)
#define HEAPBUMP_API __attribute__((visibility("default")))
#else
#define HEAPBUMP_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct heapbump_result heapbump_result;

/** data is NULL where there is nothing. Text has a zero byte after its end that size does not count. */
typedef struct heapbump_bytes {
  const void* data;
  size_t size;
} heapbump_bytes;

/* What a result may hold. */
#define HEAPBUMP_MODULE \
  1u /**< reserve: the reserved module; undo: the original; component: the embedded one */
#define HEAPBUMP_COMPONENT 2u /**< component */
#define HEAPBUMP_MANIFEST 3u  /**< reserve, component: layout.json */
#define HEAPBUMP_REPORT 4u    /**< all, also where they refuse: JSON text, as the schemas say */

/* Values of options. */
#define HEAPBUMP_STRATEGY_AUTO 0u
#define HEAPBUMP_STRATEGY_BUMP 1u
#define HEAPBUMP_STRATEGY_TAIL 2u
#define HEAPBUMP_STRATEGY_GAP 3u
#define HEAPBUMP_STRATEGY_APART 4u /**< of component alone */
#define HEAPBUMP_PLACEMENT_AUTO 0u
#define HEAPBUMP_PLACEMENT_SHIM 1u
#define HEAPBUMP_PLACEMENT_ADAPTER 2u
#define HEAPBUMP_PLACEMENT_NONE 3u
#define HEAPBUMP_CONFIDENCE_STRONG 0u
#define HEAPBUMP_CONFIDENCE_WEAK 1u
#define HEAPBUMP_CONFIDENCE_PROVEN 2u

typedef struct heapbump_reserve_options {
  size_t struct_size;
  uint64_t pages;            /**< of 64 KiB; 0: 2 */
  uint32_t adapters;         /**< how many share the region, 2 pages each; 0: 1 */
  uint32_t strategy;         /**< HEAPBUMP_STRATEGY_ */
  uint32_t placement;        /**< HEAPBUMP_PLACEMENT_ */
  uint32_t min_confidence;   /**< HEAPBUMP_CONFIDENCE_; below it the module is refused */
  uint32_t allow_moved_code; /**< not 0: code offsets may move where one more function needs it */
  uint32_t skip_verify;      /**< not 0: the module is not verified before it is returned */
} heapbump_reserve_options;

typedef struct heapbump_component_options {
  size_t struct_size;
  uint32_t strategy;       /**< HEAPBUMP_STRATEGY_ */
  uint32_t min_confidence; /**< HEAPBUMP_CONFIDENCE_; below it the heap is not moved */
  const char* flavor;  /**< of the shipped adapter: "command", "reactor", "proxy"; NULL: as the module is */
  const void* adapter; /**< the bytes of another preview1 adapter; NULL: the shipped one */
  size_t adapter_size;
} heapbump_component_options;

/** The library's version, "0.2.0". */
HEAPBUMP_API const char* heapbump_version(void);

/** Which toolchain made a core module, where its heap starts, and what can be made of it. */
HEAPBUMP_API heapbump_result* heapbump_detect(const void* module, size_t size);
/** Reserves a region in a core module. */
HEAPBUMP_API heapbump_result* heapbump_reserve(const void* module, size_t size,
                                               const heapbump_reserve_options* options);
/** Holds a reserved module against its original, and against a manifest if one is given. */
HEAPBUMP_API heapbump_result* heapbump_verify(const void* original, size_t original_size,
                                              const void* reserved, size_t reserved_size,
                                              const char* manifest, size_t manifest_size);
/** Whether the adapters of a component keep to the reserved region, or to a memory of their own. */
HEAPBUMP_API heapbump_result* heapbump_check(const void* component, size_t size, const char* manifest,
                                             size_t manifest_size);
/** Makes a component that runs from a preview1 module, with what is built in alone. */
HEAPBUMP_API heapbump_result* heapbump_component(const void* module, size_t size,
                                                 const heapbump_component_options* options);
/** The original of a reserved module, byte for byte. A manifest is needed where a tool removed the record. */
HEAPBUMP_API heapbump_result* heapbump_undo(const void* reserved, size_t size, const char* manifest,
                                            size_t manifest_size);

/** 0 where it is done. */
HEAPBUMP_API int heapbump_result_exit_code(const heapbump_result* result);
/** The diagnostic, "HB0504"; "" where it is done. */
HEAPBUMP_API const char* heapbump_result_code(const heapbump_result* result);
/** What is wrong and what to do; "" where it is done. */
HEAPBUMP_API const char* heapbump_result_message(const heapbump_result* result);
/** 1 and the file offset that the diagnostic is about, or 0 where there is none. */
HEAPBUMP_API int heapbump_result_offset(const heapbump_result* result, uint64_t* offset);
/** One of HEAPBUMP_MODULE, HEAPBUMP_COMPONENT, HEAPBUMP_MANIFEST, HEAPBUMP_REPORT. */
HEAPBUMP_API heapbump_bytes heapbump_result_get(const heapbump_result* result, uint32_t what);
/** NULL is allowed. */
HEAPBUMP_API void heapbump_result_free(heapbump_result* result);

#ifdef __cplusplus
}
#endif

#endif /* HEAPBUMP_H */
