;; Two words of which one is an address are taken apart, or its page number is.
;; in bump.wat
;; hole program
    (i32.store (i32.wrap_i64 (i64.shr_u (i64.or (i64.shl (i64.extend_i32_u (local.get $a)) (i64.const 32)) (i64.extend_i32_u (call $other))) (i64.const 48))) (i32.const 1))
;; end
