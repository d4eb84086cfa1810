;; A function returns a number, or where the declared memory ends.
;; in bump.wat
;; hole other
    (i32.const 131072)
;; end
