;; Both words of the state are set to the start, or one is not.
;; in bump.wat
;; hole least
    (i32.store (i32.const 2016) (i32.const 70816))
;; end
