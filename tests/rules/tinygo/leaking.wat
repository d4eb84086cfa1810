;; A program with the heap of TinyGo's leaking allocator. The heap base is 66256. Each hole is a place that a case of this
;; folder fills otherwise (see ../README.md). Words: 65600 heapEnd, 65604 heapptr, 65608 __global_base for a case that wants it.
(module
  ;; hole memory
  (memory (export "memory") 2)
  ;; end
  (global $sp (mut i32) (i32.const 65536))
  (data (i32.const 65536) "static data")
  ;; hole data
  ;; end
  (func (export "_start")
    ;; hole start
    (i32.store (i32.const 65604) (i32.const 66256))
    ;; end
    (i32.store offset=65600 (i32.const 0) (i32.shl (memory.size) (i32.const 16))))
  (func $alloc (param $size i32) (result i32) (local $at i32) (local $next i32)
    (i32.store (i32.const 65604) (local.tee $next (i32.add
      (local.tee $at (i32.load (i32.const 65604)))
      (i32.and (i32.add (local.get $size) (i32.const 15)) (i32.const -16)))))
    (block $fits (loop $again
      (br_if $fits (i32.lt_u (local.get $next) (i32.load offset=65600 (i32.const 0))))
      ;; hole grow
      (if (i32.eq (memory.grow (memory.size)) (i32.const -1)) (then (unreachable)))
      ;; end
      (i32.store offset=65600 (i32.const 0) (i32.shl (memory.size) (i32.const 16)))
      (br $again)))
    (local.get $at))
  (func (export "run") (param $n i32) (result i32) (local $i i32) (local $p i32) (local $sum i32)
    (loop $more
      (local.set $p (call $alloc (i32.const 1000)))
      (memory.fill (local.get $p) (i32.and (local.get $i) (i32.const 255)) (i32.const 1000))
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u offset=999 (local.get $p))))
      (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $sum))
  ;; hole extra
  ;; end
)
