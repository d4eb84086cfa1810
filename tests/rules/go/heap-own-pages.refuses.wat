;; memory.size is asked for.
;; in program.wat
;; hole allocate
    (drop (i64.eq (i64.const 7) (i64.load (i32.wrap_i64 (i64.const 0x30010)))))
;; end
;; hole memory-size
  (func $currentMemory (param i32) (result i32)
    (i32.store offset=8 (global.get $SP) (memory.size))
    (i32.const 0))
;; end
