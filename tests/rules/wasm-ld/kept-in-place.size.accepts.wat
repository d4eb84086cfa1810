;; What is kept in a static word is where new memory begins, or where memory ends, which is a statistic as well.
;; in tail.wat
;; hole use
    (i32.store (i32.const 2916) (local.get $at))
;; end
