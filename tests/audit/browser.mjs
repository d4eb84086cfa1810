// Chromium without a window, driven over its debugging pipe (Chrome DevTools Protocol), with no package between.
//
// Invariant: a page error, or a line on the page's console, fails whoever waits for the page.
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** The program, or undefined. */
export function findChromium() {
  const names = [process.env.CHROMIUM, 'chromium', 'chromium-browser', 'google-chrome'].filter(Boolean);
  return names.find((name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0);
}

export async function openBrowser(program) {
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'heapbump-chromium-'));
  const child = spawn(program, ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run', '--hide-scrollbars',
    '--remote-debugging-pipe', `--user-data-dir=${profile}`], { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'], detached: true });
  const ended = new Promise((done) => child.on('close', done));
  const waiting = new Map();
  const faults = [];
  let next = 0;
  let text = '';
  child.stdio[4].setEncoding('utf8').on('data', (part) => {
    const messages = (text + part).split('\0');
    text = messages.pop();
    for (const message of messages.map((each) => JSON.parse(each))) {
      if (message.method === 'Runtime.exceptionThrown') faults.push(message.params.exceptionDetails.exception?.description ?? message.params.exceptionDetails.text);
      if (message.method === 'Log.entryAdded') faults.push(message.params.entry.text);
      const wait = waiting.get(message.id);
      if (wait === undefined) continue;
      waiting.delete(message.id);
      if (message.error) wait.reject(new Error(message.error.message));
      else wait.resolve(message.result);
    }
  });
  child.on('close', () => waiting.forEach(({ reject }) => reject(new Error('the browser ended'))));
  const send = (method, params = {}, sessionId) => new Promise((resolve, reject) => {
    waiting.set(++next, { resolve, reject });
    child.stdio[3].write(`${JSON.stringify({ id: next, method, params, sessionId })}\0`);
  });
  return {
    faults,
    close: async () => {
      // Asked to end, Chromium ends its child processes first; one that is killed alone leaves them writing to the profile.
      send('Browser.close').catch(() => {});
      const late = setTimeout(() => process.kill(-child.pid, 'SIGKILL'), 5_000);
      await ended;
      clearTimeout(late);
      await fs.promises.rm(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    },
    async open(url, { width = 1200, height = 900 } = {}) {
      const { targetId } = await send('Target.createTarget', { url: 'about:blank' });
      const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true });
      const call = (method, params) => send(method, params, sessionId);
      await Promise.all(['Page', 'Runtime', 'Log'].map((domain) => call(`${domain}.enable`)));
      await call('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: false });
      await call('Page.navigate', { url });
      const page = {
        call,
        async run(code) {
          const { result, exceptionDetails } = await call('Runtime.evaluate', { expression: code, returnByValue: true, awaitPromise: true });
          if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
          return result.value;
        },
        async until(code) {
          for (let i = 0; i < 600; ++i) {
            if (await page.run(code)) return;
            await new Promise((done) => setTimeout(done, 50));
          }
          throw new Error(`this did not come true: ${code}`);
        },
        /** A click with the mouse in the middle of what the selector finds. The page draws on scrolling, a frame later. */
        async click(selector) {
          const frame = 'await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))';
          const node = `document.querySelector(${JSON.stringify(selector)})`;
          const at = await page.run(`(async () => { ${frame}; ${node}.scrollIntoView({ block: 'nearest' }); ${frame}; const r = ${node}.getBoundingClientRect(); return { x: r.x + r.width / 2, y: r.y + r.height / 2 }; })()`);
          for (const type of ['mousePressed', 'mouseReleased']) await call('Input.dispatchMouseEvent', { type, ...at, button: 'left', clickCount: 1 });
        },
        async type(selector, value) {
          await page.click(selector);
          await call('Input.insertText', { text: value });
        },
        key: (key) => Promise.all(['keyDown', 'keyUp'].map((type) => call('Input.dispatchKeyEvent', { type, key, code: key }))),
        async picture(file) {
          const { data } = await call('Page.captureScreenshot', { format: 'png' });
          if (file) fs.writeFileSync(file, Buffer.from(data, 'base64'));
          return Buffer.from(data, 'base64');
        },
        async pdf(file) {
          const { data } = await call('Page.printToPDF', { printBackground: true });
          if (file) fs.writeFileSync(file, Buffer.from(data, 'base64'));
          return Buffer.from(data, 'base64');
        },
      };
      await page.until('document.readyState === "complete"');
      return page;
    },
  };
}
