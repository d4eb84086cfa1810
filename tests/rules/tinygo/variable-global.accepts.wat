;; A mutable global begins with it.
;; in block-collector.wat
;; hole extra
  (global $top (mut i32) (i32.const 86416))
;; end
