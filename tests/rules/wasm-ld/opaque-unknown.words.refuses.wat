;; Two words of which one is an address are kept, and the address is taken from them, or its page number.
;; in bump.wat
;; hole program
    (i64.store (i32.const 3000) (i64.or (i64.shl (i64.extend_i32_u (local.get $a)) (i64.const 32)) (i64.const 7))) 
    (i32.store (i32.wrap_i64 (i64.shr_u (i64.load (i32.const 3000)) (i64.const 48))) (call $other))
;; end
