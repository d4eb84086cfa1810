;; How far an address is from static data is added to it again, or counted in units.
;; in bump.wat
;; hole program
    (i32.store (i32.shr_u (i32.sub (local.get $a) (i32.const 2048)) (i32.const 4)) (call $other))
;; end
