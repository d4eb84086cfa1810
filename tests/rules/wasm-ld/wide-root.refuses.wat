;; A float, or one that is the heap's start.
;; in bump.wat
;; hole other
    (i32.trunc_f64_u (f64.const 70816))
;; end
