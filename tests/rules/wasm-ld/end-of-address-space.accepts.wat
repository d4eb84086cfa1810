;; The limit of 32 bits, or one of the program.
;; in tail.wat
;; not verified
;; hole failed
    (if (i32.gt_u (local.get $page) (i32.const 65535)) (then (return (i32.const 0))))
;; end
