// The page of `audit convert --to html`, in a real browser: read, filtered, sorted, clicked, printed, with many rows.
// PICTURES=FOLDER keeps the screenshots.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { pathToFileURL } from 'node:url';
import { heapbump, temporaryFolder } from '../run/heapbump.mjs';
import { findChromium, openBrowser } from './browser.mjs';
import { filesOf, lines, plant } from './tree.mjs';

const chromium = findChromium();
const skip = chromium === undefined ? 'NOT TESTED: there is no Chromium on this machine (Debian: apt-get install chromium)' : false;
if (skip) console.log(skip);

const shared = fs.mkdtempSync(path.join(os.tmpdir(), 'heapbump-page-'));
process.on('exit', () => fs.rmSync(shared, { recursive: true, force: true }));
const picture = (name) => process.env.PICTURES && path.join(process.env.PICTURES, name);

function pageOf(reportFile) {
  const file = `${reportFile}.html`;
  const { code, stderr } = heapbump(['audit', 'convert', reportFile, '--to', 'html', '-o', file]);
  assert.equal(code, 0, stderr);
  return { file, url: pathToFileURL(file).href };
}

test('the page', { skip }, async (t) => {
  const tree = path.join(shared, 'tree');
  fs.mkdirSync(tree);
  plant(tree);
  // A name that would be markup, if it were not text.
  fs.copyFileSync(path.join(tree, 'torn/page.wasm'), path.join(tree, 'torn/<img src=x onerror=alert(1)>.wasm'));
  const report = path.join(shared, 'audit.jsonl');
  assert.equal(heapbump(['audit', tree, '--report', report, '-q']).code, 0);
  const all = filesOf(lines(fs.readFileSync(report)));
  const { url, file } = pageOf(report);
  const browser = await openBrowser(chromium);
  t.after(() => browser.close());
  const page = await browser.open(url);
  const texts = (selector) => page.run(`[...document.querySelectorAll(${JSON.stringify(selector)})].map((node) => node.textContent)`);
  const shown = () => texts('#rows tr[data-row] td:first-child');

  await t.test('nothing of it comes from elsewhere', () => {
    assert.doesNotMatch(fs.readFileSync(file, 'utf8'), /(src|href)="|url\(|@import/);
  });
  await t.test('it shows every file, and names are text', async () => {
    assert.deepEqual(await shown(), all.map(({ file: name }) => name));
    assert.equal(await page.run('document.querySelectorAll("img").length'), 0);
    assert.match((await texts('h1'))[0], /^9 of 19 files can become components$/);
    await page.picture(picture('light.png'));
  });
  await t.test('a click on a verdict leaves its files, another one shows all', async () => {
    await page.click('.tile[data-verdict="ready (relocated)"]');
    assert.deepEqual(await shown(), all.filter(({ verdict }) => verdict === 'ready (relocated)').map(({ file: name }) => name));
    await page.click('.tile[data-verdict="ready (relocated)"]');
    assert.equal((await shown()).length, all.length);
  });
  await t.test('it finds by name, and by SHA-256', async () => {
    await page.type('#find', 'copy of');
    assert.deepEqual(await shown(), ['go/copy of busy.wasm']);
    await page.click('#clear');
    await page.type('#find', all.find(({ file: name }) => name === 'type.wasm').sha256.slice(0, 12));
    assert.deepEqual(await shown(), ['type.wasm']);
    await page.click('#clear');
  });
  await t.test('it sorts by size, both ways', async () => {
    const sizes = async () => (await texts('#rows tr[data-row] td:nth-child(4)')).map((text) => Number(text.replaceAll(',', '')));
    await page.click('[data-sort="3"]');
    const down = await sizes();
    assert.deepEqual(down, [...down].sort((a, b) => b - a));
    await page.click('[data-sort="3"]');
    assert.deepEqual(await sizes(), [...down].sort((a, b) => a - b));
    await page.click('[data-sort="0"]');
  });
  await t.test('a file shows its memory, evidence and edits; the copy shows those of its bytes', async () => {
    for (const name of ['go/busy.wasm', 'go/copy of busy.wasm']) {
      const index = (await shown()).indexOf(name);
      await page.click(`#rows tr[data-row]:nth-child(${index + 2})`);
      assert.equal((await texts('#content h2'))[0], name);
      const details = await page.run('document.querySelector("#content").textContent');
      assert.match(details, /Evidence/);
      assert.match(details, /Edits \(\d+\)/);
      assert.match(details, /0x[0-9a-f]+ to 0x[0-9a-f]+/);
      assert.equal(await page.run('document.querySelectorAll("#content svg").length'), 2);
      const areas = await page.run('[...document.querySelectorAll("#content svg:last-of-type text.in")].map((node) => node.textContent)');
      // The region is drawn as its slots, which the manifest knows.
      for (const slot of ['region: adapter’s State, 1 page', 'region: adapter’s stack, 1 page']) assert.ok(areas.includes(slot), `${slot} is not among ${areas}`);
      if (name === 'go/busy.wasm') await page.picture(picture('details.png'));
      // No text of the picture is cut off at its right border, and none lies over another.
      assert.equal(await page.run('[...document.querySelectorAll("#content svg")].every((svg) => [...svg.querySelectorAll("text")].every((text) => text.getBBox().x >= 0 && text.getBBox().x + text.getBBox().width <= 320))'), true);
      assert.ok(await page.run('Array.from({ length: 40 }, (_, i) => document.elementFromPoint(1000, 20 + i * 22)).every((node) => document.querySelector("#details").contains(node))'), 'something lies over the details');
      await page.key('Escape');
      assert.equal(await page.run('document.querySelector("#details").open'), false);
    }
  });
  await t.test('in the dark, and on a narrow screen, nothing is wider than the window', async () => {
    await page.call('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: 'dark' }] });
    await page.picture(picture('dark.png'));
    assert.notEqual(await page.run('getComputedStyle(document.body).backgroundColor'), 'rgb(251, 251, 250)');
    await page.call('Emulation.setDeviceMetricsOverride', { width: 700, height: 900, deviceScaleFactor: 1, mobile: false });
    assert.ok(await page.run('document.documentElement.scrollWidth <= innerWidth'));
    await page.picture(picture('narrow.png'));
    await page.call('Emulation.setEmulatedMedia', { features: [] });
  });
  await t.test('it prints', async () => {
    await page.call('Emulation.setEmulatedMedia', { media: 'print', features: [] });
    await page.run('draw(true); scrollTo(0, 0)');
    assert.equal(await page.run('getComputedStyle(document.querySelector(".bar")).display'), 'none');
    await page.picture(picture('printed.png'));
    const pdf = await page.pdf(picture('printed.pdf'));
    assert.ok(pdf.length > 10_000);
  });
  assert.deepEqual(browser.faults, []);
});

test('the page with 12,000 rows', { skip }, async (t) => {
  const report = path.join(shared, 'many.jsonl');
  const tree = path.join(shared, 'tree');
  const [header, ...rest] = lines(heapbump(['audit', tree, '-q']).stdout);
  const some = filesOf(rest).filter((line) => line.details !== null);
  const many = Array.from({ length: 12_000 }, (_, i) => ({ ...some[i % some.length], file: `fleet/${String(i).padStart(5, '0')}/app.wasm`, sha256: i.toString(16).padStart(64, '0') }));
  fs.writeFileSync(report, [header, ...many, rest.at(-1)].map((line) => `${JSON.stringify(line)}\n`).join(''));
  const { url } = pageOf(report);
  const browser = await openBrowser(chromium);
  t.after(() => browser.close());
  const began = Date.now();
  const page = await browser.open(url);
  await page.until('document.querySelector("#count").textContent === "12,000 of 12,000 files"');
  const opened = Date.now() - began;
  const rows = () => page.run('document.querySelectorAll("#rows tr[data-row]").length');
  assert.ok(await rows() < 200, 'all rows are in the document');
  await page.run('scrollTo(0, document.body.scrollHeight)');
  await page.until('document.querySelector("#rows tbody").textContent.includes("fleet/11999/app.wasm")');
  await page.picture(picture('many.png'));
  const took = await page.run('(() => { const began = performance.now(); update({ find: "007", sort: 3 }); return performance.now() - began; })()');
  const wanted = many.filter(({ file }) => file.includes('007')).length;
  assert.equal(await page.run('document.querySelector("#count").textContent'), `${wanted} of 12,000 files`);
  await page.run('scrollTo(0, 0)');
  await page.click('#rows tr[data-row]');
  assert.ok((await page.run('document.querySelector("#content").textContent')).includes('007'));
  console.log(`12,000 rows: opened in ${opened} ms, filtered and sorted in ${Math.round(took)} ms`);
  assert.deepEqual(browser.faults, []);
});
