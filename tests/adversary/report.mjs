// Counts what was judged, and prints it: by allocator, by feature, and what was wrong.
import { tagsOf } from './program.mjs';

export const wrongOf = (result, by) => result.entries.filter((entry) => entry.by === by && entry.accepted && entry.fault !== undefined);
// A wrong output of anybody that verify passed.
export const passedWrong = (result) => result.entries.filter(({ accepted, fault, verify }) => accepted && fault !== undefined && verify?.passed);

const line = (name, cells) => `${name.padEnd(36)}${cells.map((cell) => String(cell).padStart(10)).join('')}`;

export class Report {
  constructor() {
    this.tags = new Map();
    this.total = { programs: 0, notBuilt: 0, unjudged: 0, judged: 0, reserved: 0, refused: 0, wrong: 0, verifyWrong: 0, verifyRefusedRight: 0, verifyPassedRight: 0, grew: 0 };
    this.reasons = new Map();
    this.verifyReasons = new Map();
    this.failures = [];
    this.notBuilt = new Set();
    this.why = new Map();
  }

  add(spec, result) {
    const total = this.total;
    total.programs++;
    if (!result.built) {
      total.notBuilt++;
      this.notBuilt.add(String(spec.seed));
      const why = (result.failure ?? result.why ?? '').replace(/\/\S+\//g, '').slice(0, 160);
      this.why.set(why, (this.why.get(why) ?? 0) + 1);
      return;
    }
    if (result.entries.length === 0) return void total.unjudged++;
    total.judged++;
    const own = result.entries.filter(({ by }) => by === 'reserve');
    const accepted = own.some((entry) => entry.accepted);
    const wrong = wrongOf(result, 'reserve').length > 0;
    const verifyWrong = passedWrong(result).length > 0;
    total[accepted ? 'reserved' : 'refused']++;
    if (result.pages > (spec.initial ?? 2) + 3) total.grew++;
    if (wrong) total.wrong++;
    if (verifyWrong) total.verifyWrong++;
    this.countVerify(result);
    const naive = new Set(wrongOf(result, 'naive').map(({ strategy }) => strategy));
    for (const tag of tagsOf(spec)) {
      const count = this.tags.get(tag) ?? { judged: 0, reserved: 0, wrong: 0, bump: 0, tail: 0, verifyWrong: 0 };
      count.judged++;
      if (accepted) count.reserved++;
      if (wrong) count.wrong++;
      for (const strategy of naive) count[strategy]++;
      if (verifyWrong) count.verifyWrong++;
      this.tags.set(tag, count);
    }
    if (!accepted) {
      const reason = (own[0]?.reason ?? '').replace(/0x[0-9a-f]+/gi, 'N').replace(/\b\d+\b/g, 'N').replace(/,? in function N( \([^()]*\))?( at file offset N)?/g, '').slice(0, 150);
      this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1);
    }
    if (wrong || verifyWrong) this.failures.push({ spec, result });
  }

  countVerify(result) {
    for (const entry of result.entries) {
      if (!entry.accepted || entry.verify === undefined || entry.fault !== undefined) continue;
      this.total[entry.verify.passed ? 'verifyPassedRight' : 'verifyRefusedRight']++;
    }
  }

  print(write) {
    const heads = ['judged', 'reserved', 'wrong', 'n. bump', 'n. tail', 'verify'];
    for (const prefix of ['allocator ', 'feature ', 'work ', 'language ', 'build ', 'with ', '']) {
      const rows = [...this.tags].filter(([tag]) => (prefix === '' ? /^\w+\./.test(tag) : tag.startsWith(prefix))).sort(([a], [b]) => (a < b ? -1 : 1));
      if (rows.length === 0) continue;
      write(`\n${line(prefix.trim() || 'parameters', heads)}`);
      for (const [tag, { judged, reserved, wrong, bump, tail, verifyWrong }] of rows) write(line(tag, [judged, reserved, wrong, bump, tail, verifyWrong]));
    }
    write('\nWhy none was reserved:');
    for (const [reason, count] of [...this.reasons].sort((a, b) => b[1] - a[1]).slice(0, 25)) write(`${String(count).padStart(6)}  ${reason}`);
    if (this.why.size > 0) write('\nNot built:');
    for (const [why, count] of this.why) write(`${String(count).padStart(6)}  ${why}`);
    const t = this.total;
    write(`\n${t.programs} programs: ${t.judged} judged (${t.grew} grew their memory), ${t.notBuilt} not built, ${t.unjudged} whose original traps or does not end`);
    write(`by detector alone: ${t.reserved} reserved, ${t.refused} refused, ${t.wrong} wrong`);
    write(`by verify alone: ${t.verifyWrong} wrong; of the right ones it passed ${t.verifyPassedRight}, refused ${t.verifyRefusedRight}`);
  }
}
