;; The pointer starts in a static object.
;; in block-collector.wat
;; hole extra
  (func (export "f") 
    (local $at i32)
    (local.set $at (i32.const 86016))
    (loop $next
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 4))) (i32.const 86416)))))
;; end
