;; The result is ordered.
;; in block-collector.wat
;; hole grow
    (if (i32.gt_u (memory.grow (memory.size)) (i32.const -1)) (then (unreachable)))
;; end
