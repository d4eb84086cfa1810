;; The stack pointer starts below the heap, or above its start.
;; in bump.wat
;; hole stack
    (global $stack (mut i32) (i32.const 70816))
;; end
