// Worker threads that build and judge programs. A module that never ends costs its worker, and is the fault of what ran.
//
// Invariant: every program given gets exactly one answer, also when its worker dies.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';

const WORKER = path.join(path.dirname(fileURLToPath(import.meta.url)), 'worker.mjs');

export class Pool {
  // settings go to judge() and Builder; `seconds` is the time for the original's run, a build gets ten times that (on a machine
  // that does much else), a reserved module what the worker asks for it: many times what the original took.
  constructor({ jobs, work, settings, seconds }) {
    Object.assign(this, { work, settings, seconds, waiting: [], busy: new Map(), idle: [], ids: 0 });
    for (let i = 0; i < jobs; i++) this.start();
  }

  start() {
    const worker = new Worker(WORKER, { workerData: { settings: this.settings, work: this.work }, resourceLimits: { stackSizeMb: 16 } });
    worker.on('message', (message) => this.hear(worker, message));
    worker.on('error', (error) => this.lose(worker, `its worker died: ${error.message}`));
    this.idle.push(worker);
  }

  // -> what worker.mjs answers for this description
  judge(spec) {
    return new Promise((resolve) => {
      this.waiting.push({ id: this.ids++, spec, resolve, entries: [], doing: 'build', patience: 1 });
      this.next();
    });
  }

  next() {
    while (this.idle.length > 0 && this.waiting.length > 0) {
      const worker = this.idle.pop();
      const task = this.waiting.shift();
      this.busy.set(worker, task);
      this.watch(worker, task);
      worker.postMessage({ id: task.id, spec: task.spec });
    }
  }

  watch(worker, task, seconds = task.doing === 'build' ? 10 * this.seconds : this.seconds) {
    clearTimeout(task.timer);
    task.timer = setTimeout(() => this.lose(worker, 'does not end'), seconds * task.patience * 1000);
  }

  hear(worker, message) {
    const task = this.busy.get(worker);
    if (task === undefined || task.id !== message.id) return;
    if (message.done === undefined) {
      task.doing = message.doing;
      if (message.entry !== undefined) {
        task.entries = task.entries.filter(({ by, strategy }) => by !== message.entry.by || strategy !== message.entry.strategy);
        task.entries.push(message.entry);
      }
      this.watch(worker, task, message.seconds);
      return;
    }
    clearTimeout(task.timer);
    this.busy.delete(worker);
    this.idle.push(worker);
    task.resolve(message.done);
    this.next();
  }

  lose(worker, what) {
    const task = this.busy.get(worker);
    worker.terminate();
    this.busy.delete(worker);
    this.idle = this.idle.filter((other) => other !== worker);
    this.start();
    if (task !== undefined) {
      clearTimeout(task.timer);
      // The clock is the machine's, which may be busy: what did not end is tried once more, with much more time.
      if (task.patience === 1) {
        this.waiting.unshift(Object.assign(task, { patience: 6, entries: [], doing: 'build' }));
        return this.next();
      }
      const [, by, strategy] = /^(reserve|other|naive) (\w+)/.exec(task.doing) ?? [];
      const entry = task.entries.find((one) => one.by === by && one.strategy === strategy);
      if (entry !== undefined) entry.fault = what;
      task.resolve({ id: task.id, built: entry !== undefined, why: entry === undefined ? `${task.doing}: ${what}` : undefined, entries: task.entries });
    }
    this.next();
  }

  async stop() {
    await Promise.all([...this.idle, ...this.busy.keys()].map((worker) => worker.terminate()));
  }
}
