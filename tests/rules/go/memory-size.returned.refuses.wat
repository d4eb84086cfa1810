;; The result is stored in a variable.
;; in program.wat
;; hole memory-size
  (func $currentMemory (param i32) (result i32)
    (i32.store offset=8 (i32.const 0x30100) (memory.size))
    (i32.const 0))
;; end
