;; It is asked whether an address is nothing, or below a number by their difference.
;; in bump.wat
;; hole program
    (if (i32.lt_s (i32.sub (local.get $a) (i32.const 0)) (i32.const 0)) (then (i32.store (i32.const 3000) (call $other))))
;; end
