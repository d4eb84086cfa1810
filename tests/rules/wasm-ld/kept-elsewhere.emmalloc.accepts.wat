;; New memory is kept in memory of the allocator, or in a word of the program that the compiler merged with it.
;; in emmalloc.wat
;; hole more
    (i32.store offset=3104 (local.get $start) (i32.add (local.get $start) (i32.const 4)))
;; end
