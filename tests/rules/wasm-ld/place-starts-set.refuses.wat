;; The word that keeps new memory starts as nothing, or as something.
;; in tail.wat
;; hole data
    (data (i32.const 2916) "\00\20\00\00")
;; end
