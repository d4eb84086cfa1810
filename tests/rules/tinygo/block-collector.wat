;; A program with the heap of TinyGo's block collector: the runtime's arithmetic as its compiler emits it, with the heap
;; base 86416 folded into every use. Each hole is a place that a case of this folder fills otherwise (see ../README.md).
;; Words: 65600 heapEnd, 65604 metadataStart, 65608 endBlock, 65612 the next free block, 65616 a root.
(module
  ;; hole memory
  (memory (export "memory") 2)
  ;; end
  (global $sp (mut i32) (i32.const 65536))
  (global $found (mut i32) (i32.const 0))
  (data (i32.const 65536) "static data")
  ;; hole data
  ;; end
  ;; calculateHeapAddresses: metadataStart and endBlock
  (func $addresses (local $end i32) (local $meta i32)
    (local.set $end (i32.load (i32.const 65600)))
    (local.set $meta
      (i32.sub (local.get $end)
        ;; hole size
        (i32.div_u (i32.sub (local.get $end) (i32.const 86352)) (i32.const 65))
        ;; end
      ))
    (i32.store (i32.const 65604) (local.get $meta))
    (i32.store (i32.const 65608)
      ;; hole blocks
      (i32.shr_u (i32.sub (local.get $meta) (i32.const 86416)) (i32.const 4))
      ;; end
    ))
  (func (export "_start")
    ;; hole start
    ;; end
    (i32.store (i32.const 65600) (i32.shl (memory.size) (i32.const 16)))
    (call $addresses))
  ;; growHeap: as many pages as there are
  (func $grow (local $from i32) (local $bytes i32)
    (local.set $from (i32.load (i32.const 65604)))
    (local.set $bytes (i32.sub (i32.load (i32.const 65600)) (local.get $from)))
    ;; hole grow
    (if (i32.eq (memory.grow (memory.size)) (i32.const -1)) (then (unreachable)))
    ;; end
    (i32.store (i32.const 65600) (i32.shl (memory.size) (i32.const 16)))
    (call $addresses)
    (memory.copy (i32.load (i32.const 65604)) (local.get $from) (local.get $bytes)))
  ;; two bits of state for each block
  (func $setState (param $block i32) (local $at i32)
    (local.set $at (i32.add (i32.load (i32.const 65604)) (i32.shr_u (local.get $block) (i32.const 2))))
    (i32.store8 (local.get $at) (i32.or (i32.load8_u (local.get $at))
      (i32.shl (i32.const 1) (i32.shl (i32.and (local.get $block) (i32.const 3)) (i32.const 1))))))
  (func $state (param $block i32) (result i32)
    (i32.and (i32.const 3) (i32.shr_u
      (i32.load8_u (i32.add (i32.load (i32.const 65604)) (i32.shr_u (local.get $block) (i32.const 2))))
      (i32.shl (i32.and (local.get $block) (i32.const 3)) (i32.const 1)))))
  (func $alloc (param $blocks i32) (result i32) (local $first i32)
    (loop $again
      (local.set $first (i32.load (i32.const 65612)))
      (if (i32.ge_u (i32.add (local.get $first) (local.get $blocks)) (i32.load (i32.const 65608)))
        (then (call $grow) (br $again))))
    (i32.store (i32.const 65612) (i32.add (local.get $first) (local.get $blocks)))
    (call $setState (local.get $first))
    ;; hole address
    (i32.add (i32.shl (local.get $first) (i32.const 4)) (i32.const 86416))
    ;; end
  )
  (func $markRoots (param $at i32) (param $end i32) (local $v i32)
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
      (local.set $v (i32.load (local.get $at)))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (br_if $next (i32.eqz
        ;; hole is-heap
        (i32.ge_u (local.get $v) (i32.const 86416))
        ;; end
      ))
      (br_if $next (i32.ge_u (local.get $v) (i32.load (i32.const 65604))))
      (global.set $found (i32.add (global.get $found) (call $state
        ;; hole block-of
        (i32.shr_u (i32.sub (local.get $v) (i32.const 86416)) (i32.const 4))
        ;; end
      )))
      (br $next))))
  (func $collect
    ;; hole roots
    (call $markRoots (i32.const 65536) (i32.const 86416))
    ;; end
  )
  (func (export "run") (param $n i32) (result i32) (local $i i32) (local $p i32) (local $sum i32)
    (loop $more
      (local.set $p (call $alloc (i32.const 64)))
      (memory.fill (local.get $p) (i32.and (local.get $i) (i32.const 255)) (i32.const 1024))
      (i32.store (i32.const 65616) (local.get $p))
      (call $collect)
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u offset=1023 (local.get $p))))
      (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $sum))
  ;; hole extra
  ;; end
)
