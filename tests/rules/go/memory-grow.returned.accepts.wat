;; The result is stored on Go's stack.
;; in program.wat
;; hole memory-grow
  (func $growMemory (param i32) (result i32)
    (i32.store offset=16 (global.get $SP) (memory.grow (i32.load offset=8 (global.get $SP))))
    (i32.const 0))
;; end
