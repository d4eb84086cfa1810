;; An assertion that an array ends below the end of memory, or a choice by it.
;; in tail.wat
;; hole size
    (if (i32.ge_u (i32.add (i32.load (i32.const 2300)) (i32.shl (i32.load (i32.const 2304)) (i32.const 3))) (i32.shl (memory.size) (i32.const 16))) (then (return (i32.const 0))))
;; end
