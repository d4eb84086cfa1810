;; The number is stored in the stack pointer.
;; in program.wat
;; hole extra
  (func (export "entry")
    (global.set $SP (i32.const 0x3fab0)))
;; end
