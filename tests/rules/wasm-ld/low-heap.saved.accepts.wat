;; The allocator's state starts as nothing, or was saved in use.
;; in low-heap.wat
;; hole data
  (data (i32.const 1024) "\01")
;; end
