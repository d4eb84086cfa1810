;; How far an address is from a word that the heap keeps, or else from a number, is kept.
;; in bump.wat
;; hole program
    (i32.store (i32.const 3000) (i32.sub (local.get $a) (i32.load (local.get $a))))
;; end
