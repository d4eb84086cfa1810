;; A number is handed on, or the declared end of memory.
;; in tail.wat
;; hole program
    (i32.store (local.get $a) (i32.const 131076))
;; end
