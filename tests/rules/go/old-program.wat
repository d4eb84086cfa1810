;; A Go program in little, as its linker and compiler lay it out. Go 1.11 to 1.15: the tables are one, and `end` is read through a pointer to the structure.
;; Each hole is one premise; a case of this folder fills some of them otherwise (see ../README.md).
(module
  (import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))
  (global $SP (mut i32) (i32.const 0x22800))
  (memory (export "memory") 64)
  ;; pclntab: magic, minimum instruction size 1, pointer size 8; number of functions
  (data (i32.const 0x21000) "\fb\ff\ff\ff\00\00\01\08") ;; header
  (data (i32.const 0x21008) "\02\00\00\00\00\00\00\00") ;; functions
  ;; runtime.firstmoduledata
  (data (i32.const 0x20000) "\00\10\02\00\00\00\00\00") ;; address of the header
  (data (i32.const 0x20008) "\40\00\00\00\00\00\00\00") ;; pclntable: length
  (data (i32.const 0x20010) "\40\00\00\00\00\00\00\00") ;; pclntable: capacity
  ;; hole function-table
  (data (i32.const 0x20018) "\10\10\02\00\00\00\00\00") ;; ftab: pointer
  ;; end
  ;; hole function-count
  (data (i32.const 0x20020) "\03\00\00\00\00\00\00\00") ;; ftab: length
  ;; end
  ;; hole function-capacity
  (data (i32.const 0x20028) "\03\00\00\00\00\00\00\00") ;; ftab: capacity
  ;; end
  ;; hole first-pc
  (data (i32.const 0x20050) "\00\00\00\10\00\00\00\00") ;; minpc
  ;; end
  ;; hole last-pc
  (data (i32.const 0x20058) "\01\00\02\10\00\00\00\00") ;; maxpc
  ;; end
  (data (i32.const 0x20060) "\00\00\00\00\00\00\00\00") ;; text
  ;; hole text
  (data (i32.const 0x20068) "\20\00\00\00\00\00\00\00") ;; etext
  ;; end
  ;; hole data-start
  (data (i32.const 0x20070) "\00\00\02\00\00\00\00\00") ;; noptrdata
  ;; end
  (data (i32.const 0x20078) "\00\08\02\00\00\00\00\00") ;; enoptrdata
  (data (i32.const 0x20080) "\00\08\02\00\00\00\00\00") ;; data
  ;; hole sections-ascend
  (data (i32.const 0x20088) "\00\30\02\00\00\00\00\00") ;; edata
  ;; end
  ;; hole bss
  (data (i32.const 0x20090) "\00\30\02\00\00\00\00\00") ;; bss
  ;; end
  (data (i32.const 0x20098) "\00\00\03\00\00\00\00\00") ;; ebss
  (data (i32.const 0x200a0) "\00\00\03\00\00\00\00\00") ;; noptrbss
  ;; hole section-end
  (data (i32.const 0x200a8) "\b0\fa\03\00\00\00\00\00") ;; enoptrbss
  ;; end
  ;; hole end
  (data (i32.const 0x200b0) "\b0\fa\03\00\00\00\00\00") ;; end
  ;; end
  ;; lastmoduledatap
  (data (i32.const 0x22000) "\00\00\02\00\00\00\00\00") ;; address of the structure
  ;; hole data
  ;; end
  ;; the runtime's initialisation of its break, and an allocation
  (func $init
    ;; hole reader
    (drop (i64.load offset=176 (i32.wrap_i64 (i64.load (i32.wrap_i64 (i64.const 0x22000))))))
    ;; end
  )
  (func $allocate
    (drop (call $currentMemory (i32.const 0)))
    (drop (call $growMemory (i32.const 0)))
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
