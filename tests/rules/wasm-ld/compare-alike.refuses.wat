;; Both sides of a comparison are new memory, or one is a number.
;; in tail.wat
;; hole more
    (if (i32.lt_u (local.get $at) (i32.add (i32.const 1) (i32.const 400000))) (then (unreachable)))
;; end
