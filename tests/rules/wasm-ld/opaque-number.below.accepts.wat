;; How far an address is from itself is kept, or from the stack, and counted in units elsewhere.
;; in bump.wat
;; hole program
    (i32.store (i32.const 3000) (i32.sub (local.get $a) (local.get $a))) (i32.store (i32.const 3004) (i32.shr_s (i32.load (i32.const 3000)) (i32.const 10)))
;; end
