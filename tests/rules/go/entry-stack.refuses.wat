;; Memory is loaded from it.
;; in program.wat
;; hole extra
  (func (export "entry")
    (drop (i32.load (i32.const 0x3fab0))))
;; end
