;; The program tells no memory, or memory above a number.
;; in tail.wat
;; hole program
    (if (i32.eq (local.get $a) (i32.const 0)) (then (unreachable)))
;; end
