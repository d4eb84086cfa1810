;; In 64 bits, how far a word of memory, or an address, is from a number is compared with 0.
;; in bump.wat
;; hole program
    (if (i64.lt_s (i64.sub (i64.extend_i32_u (i32.load (local.get $a))) (i64.const 98304)) (i64.const 0)) (then (i32.store (i32.const 3000) (i32.const 7))))
;; end
