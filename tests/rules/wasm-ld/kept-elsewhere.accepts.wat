;; New memory is kept in a word of the allocator, or in one of the program.
;; in tail.wat
;; hole use
    (i32.store (i32.const 2916) (local.get $at))
;; end
