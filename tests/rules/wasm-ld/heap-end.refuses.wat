;; Where memory ends is a number that the size is worked out from; it is kept as a number as well, or something else is.
;; in segments.wat
;; hole end
        (local.set $end (i32.const 131072))
        (i32.store (i32.const 2012) (i32.sub (local.get $end) (i32.const 70816)))
        (i32.store (i32.const 2028) (local.get $end))
;; end
