;; The result is stored in a variable.
;; in program.wat
;; hole memory-grow
  (func $growMemory (param i32) (result i32)
    (i32.store offset=16 (i32.const 0x30100) (memory.grow (i32.load offset=8 (global.get $SP))))
    (i32.const 0))
;; end
