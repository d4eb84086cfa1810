;; Both sides of a comparison are new memory, or one is a number.
;; in tail.wat
;; hole more
    (if (i32.lt_u (local.get $at) (i32.add (local.get $at) (local.get $n))) (then (unreachable)))
;; end
