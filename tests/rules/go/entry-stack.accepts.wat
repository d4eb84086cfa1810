;; The constant equals `end` of a structure that checks out.
;; in program.wat
;; hole extra
  (func (export "entry")
    (global.set $SP (i32.const 0x3fab0)))
;; end
;; hole end
  (data (i32.const 0x20110) "\b0\fa\03\00\00\00\00\00") ;; end
;; end
