;; How far an address is from itself, or from itself or nothing, is compared with a number.
;; in bump.wat
;; hole program
    (if (i32.gt_u (i32.sub (local.get $a) (select (local.get $a) (i32.const 0) (i32.load (local.get $a)))) (i32.const 40000)) (then (i32.store (i32.const 3004) (i32.const 7))))
;; end
