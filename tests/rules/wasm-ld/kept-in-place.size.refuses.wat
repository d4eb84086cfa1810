;; What is kept in a static word is where new memory begins, or where memory ends, which is a statistic as well.
;; in tail.wat
;; hole use
    (i32.store (i32.const 2916) (i32.shl (memory.size) (i32.const 16)))
;; end
