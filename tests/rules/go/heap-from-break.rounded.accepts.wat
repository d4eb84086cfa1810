;; `end` is rounded up to a page.
;; in program.wat
;; hole rounded
    (local.set $end (i64.and (i64.add (local.get $end) (i64.const 65535)) (i64.const -65536)))
;; end
