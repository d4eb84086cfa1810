;; A word that an address was just stored in is loaded whole, or its upper half.
;; in bump.wat
;; hole program
    (i32.store (i32.const 3000) (local.get $a)) (i32.store (i32.load (i32.const 3000)) (call $other))
;; end
