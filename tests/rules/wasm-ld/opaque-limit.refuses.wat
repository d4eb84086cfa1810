;; The program tells no memory, or memory above a number.
;; in tail.wat
;; hole program
    (if (i32.gt_u (local.get $a) (i32.const 300000)) (then (unreachable)))
;; end
