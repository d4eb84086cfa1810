;; A word of memory, or how much memory grew between two readings of its size, is compared.
;; in tail.wat
;; hole program
    (if (i32.gt_u (i32.load (local.get $a)) (i32.const 3)) (then (i32.store (local.get $a) (i32.const 7))))
;; end
