;; An address that malloc returned is multiplied by one, or hashed.
;; in bump.wat
;; hole program
    (i32.store (i32.rem_u (local.get $a) (i32.const 1021)) (call $other))
;; end
