;; heapEnd is zero in the data.
;; in block-collector.wat
;; hole data
  (data (i32.const 65596) "\00\00\00\00\00\00\00\00\00\00\00\00")
;; end
