;; What it is compared with.
;; in tail.wat
;; hole more
    (if (i32.lt_u (local.get $at) (i32.load (i32.const 2900))) (then (unreachable)))
;; end
