// The page and the picture that scripts/bench writes: medians, and ratios to the floor program with their range.

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const column = (tool, name) => tool.rows.map((row) => row[name]);
const number = (value) => (value < 10 ? value.toFixed(1) : value.toFixed(0));
const ratio = (value) => (value < 10 ? value.toFixed(2) : value.toFixed(0));

// Each run against the floor's run of the same round; a tool that ran less often has fewer.
function ratios(tool, floor) {
  const all = tool.rows.map((row, round) => row.cpu / floor.rows[round].cpu);
  return { middle: median(all), least: Math.min(...all), most: Math.max(...all) };
}

function table(module) {
  const floor = module.tools.find(({ name }) => name === 'floor');
  const rows = module.tools.map((tool) => {
    const { middle, least, most } = ratios(tool, floor);
    const above = median(column(tool, 'memory')) * 1024 - module.size;
    const failed = refused(tool) ? ` (exit code ${tool.rows[0].status})` : '';
    const name = tool.ours ? `**${tool.name}**` : tool.name;
    return `| ${name}${failed} | ${number(median(column(tool, 'cpu')))} | ${number(median(column(tool, 'wall')))} | ${ratio(middle)} (${ratio(least)} to ${ratio(most)}) | ${number(median(column(tool, 'memory')) / 1024)} | ${(above / 1048576).toFixed(0)} |`;
  });
  return `### ${module.name}: ${(module.size / 1e6).toFixed(module.size < 1e6 ? 2 : 1)} MB\n` +
    `${module.what}. \`reserve\`: ${module.answer}.\n\n` +
    '| | CPU (ms) | wall (ms) | CPU / floor (least to most) | peak memory (MiB) | less the file |\n|---|---|---|---|---|---|\n' +
    `${rows.join('\n')}\n`;
}

export function page(about, measured) {
  return `\nMeasured on ${about.date}: ${about.machine}; ${about.versions}. Medians of ${about.runs} rounds.\n\n${measured.map(table).join('\n')}\n`;
}

const refused = (tool) => tool.rows.some(({ status }) => status !== 0);

// One group a module, one bar a tool that did its work, CPU time over the floor's on a logarithmic scale.
export function picture(measured) {
  const [left, width, line, most] = [210, 520, 15, 1000];
  const x = (value) => left + (Math.log10(Math.max(value, 0.1)) + 1) / (Math.log10(most) + 1) * width;
  const parts = [];
  let y = 40;
  for (const module of measured) {
    const floor = module.tools.find(({ name }) => name === 'floor');
    parts.push(`<text x="10" y="${y + 4}" class="h">${module.name}, ${(module.size / 1e6).toFixed(module.size < 1e6 ? 2 : 1)} MB</text>`);
    y += line + 4;
    for (const tool of module.tools) {
      if (refused(tool) && !tool.ours) continue;
      const { middle, least, most: largest } = ratios(tool, floor);
      parts.push(`<text x="${left - 8}" y="${y + 4}" text-anchor="end">${tool.name}</text>` +
        `<rect x="${left}" y="${y - 6}" width="${Math.max(1, x(middle) - left).toFixed(1)}" height="11" class="${tool.ours ? 'o' : 'p'}"/>` +
        `<path d="M${x(least).toFixed(1)} ${y}H${x(largest).toFixed(1)}" class="r"/>` +
        `<text x="${(x(Math.max(middle, largest)) + 6).toFixed(1)}" y="${y + 4}">${ratio(middle)}</text>`);
      y += line;
    }
    y += 10;
  }
  const scale = [0.1, 1, 10, 100, 1000].map((value) => `<path d="M${x(value)} 22V${y}" class="g"/><text x="${x(value)}" y="16" text-anchor="middle">${value}</text>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 ${y + 10}" width="800" height="${y + 10}" font-family="sans-serif" font-size="11">\n` +
    '<title>CPU time as a multiple of the floor program</title>\n' +
    '<style>.h{font-weight:bold;font-size:12px}.o{fill:#1f6f8b}.p{fill:#c9c9c9}.r{stroke:#333;fill:none}.g{stroke:#ddd}text{fill:#222}</style>\n' +
    `<rect width="800" height="${y + 10}" fill="#fff"/>\n${scale.join('\n')}\n${parts.join('\n')}\n</svg>\n`;
}
