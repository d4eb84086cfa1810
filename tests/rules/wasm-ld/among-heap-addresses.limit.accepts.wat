;; New memory is compared with a word of the allocator, or with what may be a limit.
;; in tail.wat
;; hole more
    (if (i32.gt_u (local.get $at) (i32.load (i32.const 2900))) (then (call $exit (i32.const 1))))
;; end
