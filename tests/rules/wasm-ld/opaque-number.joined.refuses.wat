;; An address and 0 are stored as two words at once, or an address is kept in 64 bits.
;; in bump.wat
;; hole program
    (i64.store align=8 (i32.const 3000) (i64.extend_i32_u (local.get $a)))
;; end
