;; An assertion that a pointer lies below the end of memory, which traps at once, or waits for ever.
;; in tail.wat
;; not verified
;; hole size
    (if (i32.eqz (local.tee $first (i32.load (local.get $p)))) (then (unreachable)))
    (if (i32.ge_u (local.get $first) (i32.shl (memory.size) (i32.const 16))) (then (unreachable)))
;; end
