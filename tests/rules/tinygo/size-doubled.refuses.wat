;; The heap grows by half.
;; in block-collector.wat
;; hole grow
    (if (i32.eq (memory.grow (i32.div_u (memory.size) (i32.const 2))) (i32.const -1)) (then (unreachable)))
;; end
