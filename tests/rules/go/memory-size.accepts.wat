;; One function has memory.size.
;; in program.wat
;; hole extra
  (func (export "f") (result i32)
    (i32.const 7))
;; end
