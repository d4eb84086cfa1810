// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the page does with a dropped file. It follows the library of bindings/javascript in one script.
const at = (id) => document.getElementById(id);
const hex = (number) => `0x${number.toString(16)}`;
const PAGE_SIZE = 65536;
let links = [];

useCore(Uint8Array.from(atob(at('core').textContent.trim()), (letter) => letter.charCodeAt(0)));

function fact(name, value) {
  for (const [tag, text] of [['dt', name], ['dd', value]]) at('facts').append(Object.assign(document.createElement(tag), { textContent: text }));
}

/** Where the heap starts, in words; a heap need not move, and of some strategies nothing has to be known of it. */
function describeHeap({ base_before: before, base_after: after }) {
  if (before === null || before === undefined) return 'stays where it is';
  return after === before ? `${hex(before)}, stays there` : `${hex(before)}, moved to ${hex(after)}`;
}

/** The memory as one bar: what is below the region, the region, and what is above it. */
function drawMap({ region, heap, memory }) {
  const end = Math.max(memory.min_after * PAGE_SIZE, region.base + region.size);
  const parts = [['the module, below', 0, region.base, '--data'], ['reserved', region.base, region.base + region.size, '--region'],
    [`the module, above (heap: ${describeHeap(heap)})`, region.base + region.size, end, '--heap']];
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const add = (tag, attributes, text = '') => {
    const node = svg.appendChild(Object.assign(document.createElementNS(svg.namespaceURI, tag), { textContent: text }));
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  };
  svg.setAttribute('viewBox', '0 0 800 110');
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', parts.map(([name, from, to]) => `${hex(from)} to ${hex(to)}: ${name}`).join('; '));
  parts.forEach(([name, from, to, color], row) => {
    add('rect', { x: (from / end) * 800, y: 0, width: Math.max(((to - from) / end) * 800, 2), height: 30, fill: `var(${color})` });
    add('rect', { x: 0, y: 42 + row * 22, width: 14, height: 14, fill: `var(${color})` });
    add('text', { x: 22, y: 54 + row * 22 }, `${hex(from)} to ${hex(to)}: ${name}`);
  });
  at('map').append(svg);
}

function offer(name, bytes, text) {
  const link = Object.assign(document.createElement('a'), { className: 'get', download: name, textContent: text });
  link.href = URL.createObjectURL(new Blob([bytes], { type: 'application/wasm' }));
  links.push(link.href);
  at('files').append(link);
}

function clear(name) {
  links.forEach((link) => URL.revokeObjectURL(link));
  links = [];
  for (const id of ['facts', 'map', 'files', 'refusal']) at(id).replaceChildren();
  at('refusal').hidden = true;
  at('name').textContent = name;
  at('answer').hidden = false;
}

function refuse(what, error) {
  at('refusal').hidden = false;
  const place = error.offset === undefined ? '' : ` at ${hex(error.offset)}`;
  at('refusal').append(Object.assign(document.createElement('span'), { textContent: `${what}${place}: ${error.message}` }), document.createElement('br'));
}

async function attempt(what, promise) {
  try {
    return await promise;
  } catch (error) {
    refuse(what, error);
    return undefined;
  }
}

async function show(file) {
  at('state').textContent = 'Working…';
  clear(file.name);
  const bytes = new Uint8Array(await file.arrayBuffer());
  const stem = file.name.replace(/\.wasm$/, '');
  const reserved = await attempt('No region can be reserved', reserve(bytes));
  const made = await attempt('No component can be made', component(bytes));
  const report = (reserved ?? made)?.report;
  if (report?.toolchain?.name) fact('toolchain', `${report.toolchain.name} ${report.toolchain.version ?? ''}`);
  if (reserved?.manifest?.region) {
    const { region, heap, strategy } = reserved.manifest;
    fact('heap start', `${describeHeap(heap)} (${strategy}, ${report.confidence})`);
    fact('reserved', `${region.pages} pages at ${hex(region.base)}`);
    drawMap(reserved.manifest);
    offer(`${stem}.reserved.wasm`, reserved.module, 'the reserved module');
  }
  if (made) {
    fact('component', made.report.strategy === 'apart' ? 'the adapter has a memory of its own' : 'the adapter lives in the reserved region');
    offer(`${stem}.component.wasm`, made.component, 'the component');
  }
  at('state').textContent = 'Drop another .wasm file, or choose one';
  document.body.dataset.shown = file.name;
}

const showOne = (file) => file && show(file).catch((error) => refuse('This failed', error));
const drop = at('drop');
for (const type of ['dragover', 'dragleave', 'drop']) {
  drop.addEventListener(type, (event) => {
    event.preventDefault();
    drop.classList.toggle('over', type === 'dragover');
    if (type === 'drop') showOne(event.dataTransfer.files[0]);
  });
}
drop.querySelector('input').addEventListener('change', (event) => showOne(event.target.files[0]));
