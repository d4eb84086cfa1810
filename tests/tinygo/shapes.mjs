// WebAssembly text of small programs with the heap of TinyGo's runtime: the block collector's arithmetic and the leaking
// allocator's, as its compiler emits them, and places for a test to put something that is not the heap. They run: `run`
// allocates, fills, collects and adds up, and its result depends on no address.

export const GLOBAL_BASE = 65536;

// base: the heap base. Each other option replaces one piece; `extra` is further fields, `data` further segments.
export function blockCollector({ base = 86416, extra = '', data = '', pages = 2, stackPointer = GLOBAL_BASE,
  less = (x) => `(i32.sub ${x} (i32.const ${base}))`, plus = (x) => `(i32.add ${x} (i32.const ${base}))`,
  isHeap = `(i32.ge_u (local.get $v) (i32.const ${base}))`,
  size = `(i32.div_u (i32.sub (local.get $end) (i32.const ${base - 64})) (i32.const 65))`,
  roots = `(call $markRoots (i32.const ${GLOBAL_BASE}) (i32.const ${base}))`, start = '' } = {}) {
  const [END, META, BLOCKS, NEXT, ROOT] = [65600, 65604, 65608, 65612, 65616];
  return `(module
    (memory (export "memory") ${pages})
    (global $sp (mut i32) (i32.const ${stackPointer}))
    (data (i32.const ${GLOBAL_BASE}) "static data")
    ${data}
    (func $addresses (local $end i32) (local $meta i32)
      (local.set $end (i32.load (i32.const ${END})))
      (i32.store (i32.const ${META}) (local.tee $meta (i32.sub (local.get $end) ${size})))
      (i32.store (i32.const ${BLOCKS}) (i32.shr_u ${less('(local.get $meta)')} (i32.const 4))))
    (func (export "_start")
      ${start}
      (i32.store (i32.const ${END}) (i32.shl (memory.size) (i32.const 16)))
      (call $addresses))
    (func $grow (local $from i32) (local $bytes i32)
      (local.set $from (i32.load (i32.const ${META})))
      (local.set $bytes (i32.sub (i32.load (i32.const ${END})) (local.get $from)))
      (if (i32.eq (memory.grow (memory.size)) (i32.const -1)) (then (unreachable)))
      (i32.store (i32.const ${END}) (i32.shl (memory.size) (i32.const 16)))
      (call $addresses)
      (memory.copy (i32.load (i32.const ${META})) (local.get $from) (local.get $bytes)))
    (func $setState (param $block i32) (local $at i32)
      (local.set $at (i32.add (i32.load (i32.const ${META})) (i32.shr_u (local.get $block) (i32.const 2))))
      (i32.store8 (local.get $at) (i32.or (i32.load8_u (local.get $at))
        (i32.shl (i32.const 1) (i32.shl (i32.and (local.get $block) (i32.const 3)) (i32.const 1))))))
    (func $state (param $block i32) (result i32)
      (i32.and (i32.const 3) (i32.shr_u
        (i32.load8_u (i32.add (i32.load (i32.const ${META})) (i32.shr_u (local.get $block) (i32.const 2))))
        (i32.shl (i32.and (local.get $block) (i32.const 3)) (i32.const 1)))))
    (func $alloc (param $blocks i32) (result i32) (local $first i32)
      (loop $again
        (local.set $first (i32.load (i32.const ${NEXT})))
        (if (i32.ge_u (i32.add (local.get $first) (local.get $blocks)) (i32.load (i32.const ${BLOCKS})))
          (then (call $grow) (br $again))))
      (i32.store (i32.const ${NEXT}) (i32.add (local.get $first) (local.get $blocks)))
      (call $setState (local.get $first))
      ${plus('(i32.shl (local.get $first) (i32.const 4))')})
    (func $markRoots (param $at i32) (param $end i32) (local $v i32)
      (block $done (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $v (i32.load (local.get $at)))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))
        (br_if $next (i32.eqz ${isHeap}))
        (br_if $next (i32.ge_u (local.get $v) (i32.load (i32.const ${META}))))
        (global.set $found (i32.add (global.get $found) (call $state (i32.shr_u ${less('(local.get $v)')} (i32.const 4)))))
        (br $next))))
    (global $found (mut i32) (i32.const 0)) ;; the states of what the roots point to, added up
    (func $collect ${roots})
    (func (export "run") (param $n i32) (result i32) (local $i i32) (local $p i32) (local $sum i32)
      (loop $more
        (local.set $p (call $alloc (i32.const 64)))
        (memory.fill (local.get $p) (i32.and (local.get $i) (i32.const 255)) (i32.const 1024))
        (i32.store (i32.const ${ROOT}) (local.get $p))
        (call $collect)
        (local.set $sum (i32.add (local.get $sum) (i32.load8_u offset=1023 (local.get $p))))
        (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
      (local.get $sum))
    (export "found" (global $found))
    ${extra})`;
}

export function leakingAllocator({ base = 66252, extra = '', data = '', pages = 2, stackPointer = GLOBAL_BASE,
  begin = `(i32.store (i32.const 65604) (i32.const ${base}))` } = {}) {
  const [END, POINTER] = [65600, 65604];
  return `(module
    (memory (export "memory") ${pages})
    (global $sp (mut i32) (i32.const ${stackPointer}))
    (data (i32.const ${GLOBAL_BASE}) "static data")
    ${data}
    (func (export "_start")
      ${begin}
      (i32.store offset=${END} (i32.const 0) (i32.shl (memory.size) (i32.const 16))))
    (func $alloc (param $size i32) (result i32) (local $at i32) (local $next i32)
      (i32.store (i32.const ${POINTER}) (local.tee $next (i32.add
        (local.tee $at (i32.load (i32.const ${POINTER})))
        (i32.and (i32.add (local.get $size) (i32.const 15)) (i32.const -16)))))
      (block $fits (loop $again
        (br_if $fits (i32.lt_u (local.get $next) (i32.load offset=${END} (i32.const 0))))
        (if (i32.eq (memory.grow (memory.size)) (i32.const -1)) (then (unreachable)))
        (i32.store offset=${END} (i32.const 0) (i32.shl (memory.size) (i32.const 16)))
        (br $again)))
      (local.get $at))
    (func (export "run") (param $n i32) (result i32) (local $i i32) (local $p i32) (local $sum i32)
      (loop $more
        (local.set $p (call $alloc (i32.const 1000)))
        (memory.fill (local.get $p) (i32.and (local.get $i) (i32.const 255)) (i32.const 1000))
        (local.set $sum (i32.add (local.get $sum) (i32.load8_u offset=999 (local.get $p))))
        (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
      (local.get $sum))
    ${extra})`;
}
