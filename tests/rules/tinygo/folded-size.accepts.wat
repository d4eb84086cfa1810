;; Nothing but the size uses it.
;; in block-collector.wat
;; hole size
        (i32.div_u (i32.sub (local.get $end) (local.tee $meta (i32.const 86352)))
          (select (i32.const 65) (i32.const 65) (i32.const 1)))
;; end
