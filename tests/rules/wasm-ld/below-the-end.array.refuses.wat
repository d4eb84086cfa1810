;; An assertion that what lies below the end of memory is where an array ends, or any number.
;; in tail.wat
;; hole size
    (if (i32.ge_u (i32.add (local.get $p) (i32.shl (i32.load (i32.const 2304)) (i32.const 3))) (i32.shl (memory.size) (i32.const 16))) (then (unreachable)))
;; end
