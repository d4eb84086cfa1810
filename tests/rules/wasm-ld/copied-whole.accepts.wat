;; A pair of words that is copied as it is, or doubled.
;; in tail.wat
;; hole more
    (i64.store (local.get $p) (i64.load (i32.const 2916)))
;; end
