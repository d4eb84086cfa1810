;; Exported as __heap_base.
;; in block-collector.wat
;; hole extra
  (global (export "__heap_base") i32 (i32.const 86416))
;; end
