;; argc is stored in the 16 bytes above the stack.
;; in program.wat
;; hole extra
  (func (export "entry")
    (global.set $SP (i32.wrap_i64 (i64.const 0x3fab0)))
    (i64.store offset=8 (global.get $SP) (i64.const 0)))
;; end
