// A pool of child processes that judge modules, one at a time each. A module that never ends, or takes its judge down,
// is a fault of that module and costs one process.
import { fork } from 'node:child_process';
import { JUDGE } from './judge.mjs';

export class Judges {
  constructor(count, seconds) {
    this.idle = [];
    this.count = count;
    this.seconds = seconds;
    this.all = new Set();
    // A judge in an endless loop of its module does not notice that its parent is gone.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => (this.stop(), process.exit(1)));
    process.once('exit', () => this.stop());
  }

  // Call within a semaphore of `count`. -> what judge() gives
  ask(task) {
    const child = this.idle.pop() ?? this.start();
    return new Promise((resolve) => {
      const fault = (text) => resolve({ faults: [text], detect: { sound: [] }, strategies: {}, reserved: [] });
      let timer;
      const ended = (code, signal) => {
        clearTimeout(timer);
        this.all.delete(child);
        fault(`judging it ended with ${signal ?? code}`);
      };
      timer = setTimeout(() => {
        child.removeListener('exit', ended);
        this.all.delete(child);
        child.kill('SIGKILL');
        fault(`judging it took more than ${this.seconds} s`);
      }, this.seconds * 1000);
      child.once('exit', ended);
      child.once('message', ({ result, failure }) => {
        clearTimeout(timer);
        child.removeListener('exit', ended);
        this.idle.push(child);
        if (failure !== undefined) fault(failure);
        else resolve(result);
      });
      child.send(task);
    });
  }

  start() {
    const child = fork(JUDGE, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: ['--stack-size=4000'] });
    this.all.add(child);
    return child;
  }

  stop() {
    for (const child of this.all) child.kill('SIGKILL');
  }
}
