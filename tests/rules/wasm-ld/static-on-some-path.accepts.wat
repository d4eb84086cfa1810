;; A walk that starts from a pointer, or from a static address.
;; in tail.wat
;; hole more
    (if (i32.eq (local.get $at) (select (local.get $p) (i32.load (local.get $p)) (local.get $n))) (then (unreachable)))
;; end
