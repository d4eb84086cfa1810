;; The start of new memory is used, and memory that is grown again is used, or only asked for.
;; in tail.wat
;; hole more
    (i32.store (i32.add (local.get $at) (i32.eqz (memory.grow (local.get $n)))) (i32.const 7))
;; end
