;; heapEnd is 131072 in the data.
;; in block-collector.wat
;; hole data
  (data (i32.const 65596) "\00\00\00\00\00\00\02\00\00\00\00\00")
;; end
