;; So many bytes are filled as are asked for, or as there are.
;; in tail.wat
;; hole more
    (memory.fill (local.get $at) (i32.const 0) (local.get $n))
;; end
