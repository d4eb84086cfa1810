// The page docs/try in a real browser: opened as a file, a module dropped on it, what it offers taken and run.
// PICTURES=FOLDER keeps the screenshot.
//
//   CORE=heapbump.wasm PROGRAM=heapbump HEAPBUMP_RUNTIMES=... node --test try_test.mjs
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { findChromium, openBrowser } from '../audit/browser.mjs';
import { assertRunsLike } from './runs_like.mjs';

const chromium = findChromium();
const skip = chromium === undefined ? 'NOT TESTED: there is no Chromium on this machine (Debian: apt-get install chromium)' : false;
if (skip) console.log(skip);
const at = (name) => fileURLToPath(new URL(name, import.meta.url));
const GO = at('../fixtures/go/busy-go1.26.wasm');

test('the page', { skip }, async (t) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'heapbump-try-'));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  const html = path.join(folder, 'try.html');
  execFileSync('node', [at('../../docs/try/pack.mjs'), process.env.CORE, html]);
  const browser = await openBrowser(chromium);
  t.after(() => browser.close());
  const page = await browser.open(pathToFileURL(html).href);

  const drop = async (file) => {
    await page.run('delete document.body.dataset.shown');
    const data = { items: [], files: [file], dragOperationsMask: 1 };
    const place = await page.run('(() => { const r = document.getElementById("drop").getBoundingClientRect(); return { x: r.x + r.width / 2, y: r.y + r.height / 2 }; })()');
    for (const type of ['dragEnter', 'dragOver', 'drop']) await page.call('Input.dispatchDragEvent', { type, ...place, data });
    await page.until(`document.body.dataset.shown === ${JSON.stringify(path.basename(file))}`);
  };
  const text = (id) => page.run(`document.getElementById(${JSON.stringify(id)}).textContent`);
  const take = async (name) => {
    const code = `(async () => { const link = document.querySelector('a[download=${JSON.stringify(name)}]');
      const bytes = new Uint8Array(await (await fetch(link.href)).arrayBuffer());
      let text = ''; for (let i = 0; i < bytes.length; i += 4096) text += String.fromCharCode(...bytes.subarray(i, i + 4096)); return btoa(text); })()`;
    const file = path.join(folder, name);
    fs.writeFileSync(file, Buffer.from(await page.run(code), 'base64'));
    return file;
  };

  await t.test('it asks nobody for anything', () => {
    assert.doesNotMatch(fs.readFileSync(html, 'utf8'), /(src|href)="|url\(|@import|https?:(?!\/\/www\.w3\.org\/2000\/svg)/);
  });
  await t.test('a dropped module is mapped, and gives what the program gives', async () => {
    await drop(GO);
    assert.match(await text('facts'), /Go go1\.26.*0x170000, moved to 0x190000 \(bump, proven\).*2 pages at 0x170000/s);
    assert.match(await page.run('document.querySelector("#map svg").getAttribute("aria-label")'), /0x170000 to 0x190000: reserved/);
    assert.equal(await page.run('document.getElementById("refusal").hidden'), true);
    if (process.env.PICTURES) await page.picture(path.join(process.env.PICTURES, 'try.png'));
    const reserved = await take('busy-go1.26.reserved.wasm');
    const verified = spawnSync(process.env.PROGRAM, ['verify', GO, reserved], { encoding: 'utf8' });
    assert.equal(verified.status, 0, verified.stderr);
    assertRunsLike(await take('busy-go1.26.component.wasm'), GO);
  });
  await t.test('a heap that need not move is drawn too', async () => {
    await drop(at('../fixtures/go/busy-go1.21.wasm'));
    assert.match(await text('facts'), /0x10e0000, stays there \(gap/);
  });
  await t.test('what is refused says why, and offers nothing', async () => {
    const wrong = path.join(folder, 'text.wasm');
    fs.writeFileSync(wrong, 'no module');
    await drop(wrong);
    assert.match(await text('refusal'), /No region can be reserved.*\[HB\d{4}\].*No component can be made/s);
    assert.equal(await page.run('document.querySelectorAll("#files a").length'), 0);
  });
  assert.deepEqual(browser.faults, []);
});
