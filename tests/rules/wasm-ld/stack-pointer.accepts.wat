;; The stack ends where the heap starts, or elsewhere in the heap.
;; in bump.wat
;; hole stack
    (global $stack (mut i32) (i32.const 70816))
;; end
