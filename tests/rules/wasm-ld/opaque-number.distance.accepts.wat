;; An address less 16 is where memory is accessed, or counted in units.
;; in bump.wat
;; hole program
    (i32.store (i32.add (i32.sub (local.get $a) (i32.const 16)) (i32.const 16)) (call $other))
;; end
