// The walls between the folders, read from the #include lines and held to walls.json. See walls_test.mjs.
//
//   node tests/house/walls.mjs             prints what breaks a wall
//   node tests/house/walls.mjs --picture   writes the picture into docs/architecture.md
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = path.dirname(fileURLToPath(import.meta.url));
export const ROOT = path.resolve(HERE, '../..');
export const PAGE = 'docs/architecture.md';
const SOURCE_FOLDERS = ['include', 'src', 'detectors', 'adapters'];
/** Public files that are no headers of the C++ library: the table of codes, and the C interface. */
const LISTED_NOWHERE = new Set(['include/heapbump/codes.def', 'include/heapbump.h']);
const SOURCE_FILE = /\.(h|cc|def|inc|h\.in)$/;

export const readTable = () => JSON.parse(fs.readFileSync(path.join(HERE, 'walls.json'), 'utf8'));

/** {path: text} of the sources, and of each folder's list of them for CMake. */
export function readTree(root = ROOT) {
  const files = {};
  const walk = (folder) => {
    for (const entry of fs.readdirSync(path.join(root, folder), { withFileTypes: true })) {
      const name = path.posix.join(folder, entry.name);
      if (entry.isDirectory()) walk(name);
      else if (SOURCE_FILE.test(name) || entry.name === 'CMakeLists.txt') files[name] = fs.readFileSync(path.join(root, name), 'utf8');
    }
  };
  SOURCE_FOLDERS.filter((folder) => fs.existsSync(path.join(root, folder))).forEach(walk);
  return files;
}

const includesOf = (text) => [...text.matchAll(/^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]/gm)].map((m) => m[2]);

/** The file of the tree that an include names; undefined if it is another project's or the standard library's. */
function resolve(files, name) {
  for (const root of ['include/', 'src/', '']) {
    for (const candidate of [root + name, `${root + name}.in`]) if (files[candidate] !== undefined) return candidate;
  }
  return undefined;
}

const folderOf = (table, file) => (path.dirname(file) in table.folders ? path.dirname(file) : undefined);
const publicName = (file) => /^include\/heapbump\/(\w+)\.h$/.exec(file)?.[1];

/** One circle of a graph {node: [node]}, as "a -> b -> a"; undefined if there is none. */
export function findCircle(graph) {
  const done = new Set();
  const visit = (node, trail) => {
    if (trail.includes(node)) return [...trail.slice(trail.indexOf(node)), node].join(' -> ');
    if (done.has(node)) return undefined;
    for (const next of graph[node] ?? []) {
      const circle = visit(next, [...trail, node]);
      if (circle) return circle;
    }
    done.add(node);
    return undefined;
  };
  for (const node of Object.keys(graph)) {
    const circle = visit(node, []);
    if (circle) return circle;
  }
  return undefined;
}

function checkTable(table, files) {
  const faults = [];
  const folders = Object.fromEntries(Object.entries(table.folders).map(([name, row]) => [name, row.folders]));
  for (const [what, graph] of [['folders', folders], ['public headers', table.public]]) {
    const circle = findCircle(graph);
    if (circle) faults.push(`walls.json: a circle of ${what}: ${circle}`);
    for (const [name, uses] of Object.entries(graph)) {
      for (const used of uses) if (!(used in graph)) faults.push(`walls.json: ${name} names ${used}, which has no row`);
    }
  }
  for (const name of Object.keys(table.folders)) {
    if (!Object.keys(files).some((file) => path.dirname(file) === name)) faults.push(`walls.json: ${name} has no files`);
  }
  for (const name of Object.keys(table.public)) {
    if (files[`include/heapbump/${name}.h`] === undefined) faults.push(`walls.json: there is no public header ${name}.h`);
  }
  return faults;
}

/** An include of another project's header, or of the standard library's. */
function checkForeign(table, file, name) {
  if (/^[a-z0-9_]+$/.test(name)) return undefined;
  if (publicName(file)) return `${file}: a public header includes ${name}`;
  const fence = Object.keys(table.packages).find((prefix) => name.startsWith(prefix));
  if (fence) {
    return table.packages[fence].some((place) => (place.endsWith('/') ? file.startsWith(place) : file === place)) ? undefined
      : `${file}: includes ${name}; only ${table.packages[fence].join(' and ')} may`;
  }
  return /^(sys|linux)\/[a-z_0-9]+\.h$|^[a-z0-9_]+\.h$/.test(name) ? undefined : `${file}: includes ${name}, which is in no row of walls.json`;
}

function checkPublic(table, file, target) {
  const own = publicName(file);
  const used = publicName(target);
  if (target.endsWith('/codes.def')) return own === 'error' || file === 'src/base/error.cc' ? undefined : `${file}: includes ${target}`;
  if (own) return used && table.public[own]?.includes(used) ? undefined : `${file}: a public header may not include ${target}`;
  const allowed = table.folders[folderOf(table, file)].public;
  return allowed === 'any' || allowed.includes(used) ? undefined : `${file}: ${folderOf(table, file)} may not include ${target}`;
}

function checkInclude(table, files, file, name) {
  const target = resolve(files, name);
  if (target === undefined) return checkForeign(table, file, name);
  if (target.startsWith('include/') || publicName(file)) return checkPublic(table, file, target);
  const from = folderOf(table, file);
  const to = folderOf(table, target);
  if (from === to || table.folders[from].folders.includes(to)) return undefined;
  return `${file}: ${from} may not include ${target}`;
}

/** Sources that their folder's CMakeLists.txt does not list. */
function findUnlisted(files) {
  return Object.keys(files).filter((file) => file.endsWith('.cc'))
    .filter((file) => !(files[`${path.dirname(file)}/CMakeLists.txt`] ?? '').split(/[\s()]+/).includes(path.basename(file)))
    .map((file) => `${file}: ${path.dirname(file)}/CMakeLists.txt does not list it`);
}

/** What breaks a wall, one sentence each; empty if nothing does. */
export function check(table, files) {
  const faults = [...checkTable(table, files), ...findUnlisted(files)];
  const graph = {};
  for (const [file, text] of Object.entries(files)) {
    if (path.basename(file) === 'CMakeLists.txt') continue;
    if (file.startsWith('include/')) {
      if (!(publicName(file) in table.public) && !LISTED_NOWHERE.has(file)) faults.push(`${file}: a public file without a row in walls.json`);
    } else if (!folderOf(table, file)) {
      faults.push(`${file}: its folder has no row in walls.json`);
      continue;
    }
    const names = includesOf(text);
    graph[file] = names.map((name) => resolve(files, name)).filter((target) => target !== undefined && target !== `${file}.in`);
    faults.push(...names.map((name) => checkInclude(table, files, file, name)).filter(Boolean));
  }
  const circle = findCircle(graph);
  if (circle) faults.push(`files that include each other: ${circle}`);
  return faults;
}

/** The picture: floors from the top down; a folder is one floor above the highest of those that it may include. */
export function picture(table) {
  const floors = {};
  const floor = (name) => (floors[name] ??= Math.max(-1, ...table.folders[name].folders.map(floor)) + 1);
  const names = Object.keys(table.folders);
  names.forEach(floor);
  const reaches = (from, to) => table.folders[from].folders.some((next) => next === to || reaches(next, to));
  // What is reached through another folder anyway is left out.
  const direct = (name) => table.folders[name].folders.filter((used, _, all) => !all.some((other) => other !== used && reaches(other, used)));
  const width = Math.max(...names.map((name) => name.length));
  const lines = [];
  for (let level = Math.max(...Object.values(floors)); level >= 0; --level) {
    for (const name of names.filter((each) => floors[each] === level)) {
      const uses = direct(name).map((used) => used.replace(/^src\//, '')).join(', ');
      lines.push(`${level}  ${name.padEnd(width)}  ${table.folders[name].for}`);
      if (uses) lines.push(`${' '.repeat(3 + width)}  -> ${uses}`);
    }
  }
  return lines.join('\n');
}

const BEGIN = '<!-- walls: made by `node tests/house/walls.mjs --picture` -->';
const END = '<!-- /walls -->';
const block = (table) => `${BEGIN}\n\`\`\`text\n${picture(table)}\n\`\`\`\n${END}`;

/** The page with the picture as it must be; throws if the page has no place for it. */
export function withPicture(table, page) {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`${PAGE} has no place for the picture: ${BEGIN} ... ${END}`);
  return page.slice(0, begin) + block(table) + page.slice(end + END.length);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv[2] === '--picture') {
    const file = path.join(ROOT, PAGE);
    const before = fs.readFileSync(file, 'utf8');
    const after = withPicture(readTable(), before);
    fs.writeFileSync(file, after);
    console.log(`${PAGE}: the picture ${after === before ? 'is as it was' : 'was written anew'}`);
  } else {
    const faults = check(readTable(), readTree());
    faults.forEach((fault) => console.log(fault));
    process.exitCode = faults.length === 0 ? 0 : 1;
  }
}
