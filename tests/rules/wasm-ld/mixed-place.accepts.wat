;; A word holds new memory or nothing, or else a static address.
;; in tail.wat
;; hole other
    (i32.store (i32.const 2916) (i32.const 0)) (i32.const 0)
;; end
