;; The heap doubles.
;; in block-collector.wat
;; hole grow
    (if (i32.eq (memory.grow (memory.size)) (i32.const -1)) (then (unreachable)))
;; end
