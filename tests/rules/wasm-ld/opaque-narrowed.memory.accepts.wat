;; How far an address is from one in memory is stored whole, or in 16 bits.
;; in bump.wat
;; hole program
    (i32.store (i32.const 3000) (i32.shr_u (i32.sub (local.get $a) (i32.load (i32.const 3004))) (i32.const 4)))
;; end
