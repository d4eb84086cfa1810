;; A Go program in little, as its linker and compiler lay it out. Go 1.24 on: `end` is read by its address, rounded up to a page and stored to the break.
;; Each hole is one premise; a case of this folder fills some of them otherwise (see ../README.md).
(module
  (import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))
  (global $SP (mut i32) (i32.const 0x22800))
  (memory (export "memory") 64)
  ;; pclntab: magic, minimum instruction size 1, pointer size 8; number of functions
  (data (i32.const 0x21000) "\f1\ff\ff\ff\00\00\01\08") ;; header
  (data (i32.const 0x21008) "\02\00\00\00\00\00\00\00") ;; functions
  (data (i32.const 0x21020) "\60\00\00\00\00\00\00\00") ;; funcnametab: distance from the header
  (data (i32.const 0x21028) "\70\00\00\00\00\00\00\00") ;; cutab: distance from the header
  (data (i32.const 0x21030) "\80\00\00\00\00\00\00\00") ;; filetab: distance from the header
  (data (i32.const 0x21038) "\90\00\00\00\00\00\00\00") ;; pctab: distance from the header
  (data (i32.const 0x21040) "\a0\00\00\00\00\00\00\00") ;; pclntable: distance from the header
  ;; runtime.firstmoduledata
  (data (i32.const 0x20000) "\00\10\02\00\00\00\00\00") ;; address of the header
  (data (i32.const 0x20008) "\60\10\02\00\00\00\00\00") ;; funcnametab: pointer
  (data (i32.const 0x20010) "\10\00\00\00\00\00\00\00") ;; funcnametab: length
  (data (i32.const 0x20018) "\10\00\00\00\00\00\00\00") ;; funcnametab: capacity
  ;; hole tables
  (data (i32.const 0x20020) "\70\10\02\00\00\00\00\00") ;; cutab: pointer
  ;; end
  (data (i32.const 0x20028) "\10\00\00\00\00\00\00\00") ;; cutab: length
  (data (i32.const 0x20030) "\10\00\00\00\00\00\00\00") ;; cutab: capacity
  (data (i32.const 0x20038) "\80\10\02\00\00\00\00\00") ;; filetab: pointer
  (data (i32.const 0x20040) "\10\00\00\00\00\00\00\00") ;; filetab: length
  (data (i32.const 0x20048) "\10\00\00\00\00\00\00\00") ;; filetab: capacity
  (data (i32.const 0x20050) "\90\10\02\00\00\00\00\00") ;; pctab: pointer
  (data (i32.const 0x20058) "\10\00\00\00\00\00\00\00") ;; pctab: length
  (data (i32.const 0x20060) "\10\00\00\00\00\00\00\00") ;; pctab: capacity
  (data (i32.const 0x20068) "\a0\10\02\00\00\00\00\00") ;; pclntable: pointer
  (data (i32.const 0x20070) "\10\00\00\00\00\00\00\00") ;; pclntable: length
  (data (i32.const 0x20078) "\10\00\00\00\00\00\00\00") ;; pclntable: capacity
  ;; hole function-table
  (data (i32.const 0x20080) "\a0\10\02\00\00\00\00\00") ;; ftab: pointer
  ;; end
  ;; hole function-count
  (data (i32.const 0x20088) "\03\00\00\00\00\00\00\00") ;; ftab: length
  ;; end
  ;; hole function-capacity
  (data (i32.const 0x20090) "\03\00\00\00\00\00\00\00") ;; ftab: capacity
  ;; end
  ;; hole first-pc
  (data (i32.const 0x200a0) "\00\00\00\10\00\00\00\00") ;; minpc
  ;; end
  ;; hole last-pc
  (data (i32.const 0x200a8) "\01\00\02\10\00\00\00\00") ;; maxpc
  ;; end
  (data (i32.const 0x200b0) "\00\00\00\00\00\00\00\00") ;; text
  ;; hole text
  (data (i32.const 0x200b8) "\20\00\00\00\00\00\00\00") ;; etext
  ;; end
  ;; hole data-start
  (data (i32.const 0x200c0) "\00\00\02\00\00\00\00\00") ;; noptrdata
  ;; end
  (data (i32.const 0x200c8) "\00\08\02\00\00\00\00\00") ;; enoptrdata
  (data (i32.const 0x200d0) "\00\08\02\00\00\00\00\00") ;; data
  ;; hole sections-ascend
  (data (i32.const 0x200d8) "\00\30\02\00\00\00\00\00") ;; edata
  ;; end
  ;; hole bss
  (data (i32.const 0x200e0) "\00\30\02\00\00\00\00\00") ;; bss
  ;; end
  (data (i32.const 0x200e8) "\00\00\03\00\00\00\00\00") ;; ebss
  (data (i32.const 0x200f0) "\00\00\03\00\00\00\00\00") ;; noptrbss
  ;; hole section-end
  (data (i32.const 0x200f8) "\b0\fa\03\00\00\00\00\00") ;; enoptrbss
  ;; end
  (data (i32.const 0x20100) "\b0\fa\03\00\00\00\00\00") ;; covctrs
  (data (i32.const 0x20108) "\b0\fa\03\00\00\00\00\00") ;; ecovctrs
  ;; hole end
  (data (i32.const 0x20110) "\b0\fa\03\00\00\00\00\00") ;; end
  ;; end
  ;; lastmoduledatap
  (data (i32.const 0x22000) "\00\00\02\00\00\00\00\00") ;; address of the structure
  ;; hole data
  ;; end
  ;; the runtime's initialisation of its break, and an allocation
  (func $init (local $end i64)
    ;; hole reader
    (local.set $end (i64.load (i32.wrap_i64 (i64.const 0x20110))))
    ;; end
    ;; hole rounded
    (local.set $end (i64.and (i64.add (local.get $end) (i64.const 65535)) (i64.const -65536)))
    ;; end
    (i64.store (i32.wrap_i64 (i64.const 0x30010)) (local.get $end))
    (i64.store (i32.wrap_i64 (i64.const 0x30018)) (local.get $end))
  )
  (func $allocate
    (drop (call $currentMemory (i32.const 0)))
    (drop (call $growMemory (i32.const 0)))
    ;; hole allocate
    (drop (i32.load (i32.wrap_i64 (i64.load (i32.wrap_i64 (i64.const 0x30010))))))
    ;; end
  )
  ;; runtime.currentMemory and runtime.growMemory: parameters and results lie on Go's stack
  ;; hole memory-size
  (func $currentMemory (param i32) (result i32)
    (i32.store offset=8 (global.get $SP) (memory.size))
    (i32.const 0))
  ;; end
  ;; hole memory-grow
  (func $growMemory (param i32) (result i32)
    (i32.store offset=16 (global.get $SP) (memory.grow (i32.load offset=8 (global.get $SP))))
    (i32.const 0))
  ;; end
  ;; hole extra
  ;; end
)
