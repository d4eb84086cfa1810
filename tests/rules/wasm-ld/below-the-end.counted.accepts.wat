;; What the assertion says is asked alone, or counted as well.
;; in tail.wat
;; not verified
;; hole size
    (if (i32.eqz (local.tee $first (i32.load (local.get $p)))) (then (unreachable)))
    (local.set $size (i32.ge_u (local.get $first) (i32.shl (memory.size) (i32.const 16))))
    (if (local.get $size) (then (unreachable)))
    (i32.store (i32.const 3100) (i32.add (i32.const 1) (i32.load (i32.const 3100))))
;; end
