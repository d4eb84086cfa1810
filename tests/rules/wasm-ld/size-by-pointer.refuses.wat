;; Beside a word that holds the memory's size, a static address is handed on, or one below it.
;; in tail.wat
;; hole other
    (global.set $stack (i32.const 2196)) (i32.store (i32.const 2200) (memory.size)) (i32.const 0)
;; end
