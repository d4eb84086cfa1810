;; An address that malloc returned is multiplied by one, or hashed.
;; in bump.wat
;; hole program
    (i32.store (i32.mul (local.get $a) (i32.const 1)) (call $other))
;; end
