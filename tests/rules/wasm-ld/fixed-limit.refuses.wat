;; What new memory is compared with: a word of the allocator, or one that holds a number.
;; in tail.wat
;; hole more
    (if (i32.gt_u (local.get $at) (i32.load (i32.const 1024))) (then (unreachable)))
;; end
