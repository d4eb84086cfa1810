;; A second function has it.
;; in program.wat
;; hole extra
  (func (export "f") (result i32)
    (memory.size))
;; end
