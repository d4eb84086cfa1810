;; An address, or a static buffer in its place, is stored whole, or in 16 bits.
;; in bump.wat
;; hole program
    (i32.store16 (i32.const 3000) (select (local.get $a) (i32.const 2048) (call $other)))
;; end
