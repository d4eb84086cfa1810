;; New memory is kept in a word of the allocator, or in a global.
;; in tail.wat
;; hole use
    (global.set $kept (local.get $at))
;; end
