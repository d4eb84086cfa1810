;; The heap grows by a page.
;; in block-collector.wat
;; hole memory
  (memory (export "memory") 2 64)
;; end
;; hole grow
    (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then (unreachable)))
;; end
