;; An address in a static word is read through, or shifted.
;; in bump.wat
;; not verified
;; hole program
    (i32.store (i32.const 3000) (local.get $a)) (i32.store (i32.shl (i32.load (i32.const 3000)) (i32.const 0)) (call $other))
;; end
