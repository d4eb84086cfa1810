;; A word of memory, or an address, is kept in 64 bits by itself.
;; in bump.wat
;; hole program
    (i64.store (i32.const 3000) (i64.extend_i32_u (i32.load (local.get $a))))
;; end
