;; What it is compared with.
;; in tail.wat
;; hole more
    (if (i32.lt_u (local.get $at) (i32.xor (local.get $at) (local.get $p))) (then (unreachable)))
;; end
