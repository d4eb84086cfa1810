;; New memory is compared with a pointer, or with a number.
;; in tail.wat
;; hole more
    (if (i32.gt_u (local.get $at) (local.get $p)) (then (call $exit (i32.const 1))))
;; end
