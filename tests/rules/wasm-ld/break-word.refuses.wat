;; The word starts as the heap's start, or as nothing.
;; in break-word.wat
;; hole word
    (data (i32.const 1024) "\00\00\00\00")
;; end
