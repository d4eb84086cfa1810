;; Exported as __data_end.
;; in block-collector.wat
;; hole extra
  (global (export "__data_end") i32 (i32.const 86416))
;; end
