;; A vector of numbers, or of the declared end.
;; in tail.wat
;; hole program
    (v128.store (local.get $a) (v128.const i32x4 131200 0 0 0))
;; end
