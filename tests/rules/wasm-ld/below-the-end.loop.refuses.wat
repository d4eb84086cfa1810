;; An assertion that a pointer lies below the end of memory, which traps at once, or waits for ever.
;; in tail.wat
;; hole size
    (if (i32.ge_u (local.get $p) (i32.shl (memory.size) (i32.const 16))) (then (loop $l (br $l))))
;; end
