;; An address less 16 is where memory is accessed, or counted in units.
;; in bump.wat
;; hole program
    (i32.store (i32.shr_u (i32.sub (local.get $a) (i32.const 16)) (i32.const 4)) (call $other))
;; end
