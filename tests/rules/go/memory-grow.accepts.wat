;; One function has memory.grow.
;; in program.wat
;; hole extra
  (func (export "f") (result i32)
    (i32.clz (i32.const 1)))
;; end
