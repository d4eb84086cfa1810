// Assembles WebAssembly text with wabt's wat2wasm, for tests that make their modules on the spot.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export function wat(text, flags = []) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'heapbump-wat-'));
  try {
    const [source, target] = ['module.wat', 'module.wasm'].map((name) => path.join(folder, name));
    fs.writeFileSync(source, text);
    execFileSync('wat2wasm', [...flags, source, '-o', target], { stdio: ['ignore', 'inherit', 'inherit'] });
    return new Uint8Array(fs.readFileSync(target));
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}
