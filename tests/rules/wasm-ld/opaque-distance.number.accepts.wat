;; How far an address lies below a word that the heap keeps, or below one that is multiplied, is counted in units.
;; in bump.wat
;; hole program
    (i32.store (i32.const 3000) (i32.shr_u (i32.sub (i32.load (local.get $a)) (local.get $a)) (i32.const 4)))
;; end
