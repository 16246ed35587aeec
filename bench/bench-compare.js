// Measures the comparison of two JSON bodies beside JavaScript's diff libraries: npm run bench:compare -- --help
import { parseArgs } from 'node:util';
import { measure, pairsPerSecond, peakMemory } from './compare/measure.js';
import { pageOf } from './compare/report.js';
import { scenarios } from './compare/scenarios.js';
import { machine, writeSection } from './report.js';

const help = `npm run bench:compare -- [options]

  --rounds N       rounds, interleaved over the differs (5)
  --only A,B       only scenarios whose names begin so: ${scenarios.map(({ name }) => name).join(', ')}
  --ms N           milliseconds for one measurement (200); what takes longer is done once
  --no-memory      leave out the processes that measure memory
  --json           print JSON
  --write          write the tables to docs/benchmarks.md
`;

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    only: { type: 'string' },
    ms: { type: 'string', default: '200' },
    'no-memory': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const progress = (text) => process.stderr.write(process.stderr.isTTY ? `\r\u001b[K${text}` : '');

if (options.help) {
  process.stdout.write(help);
} else {
  const [rounds, budgetMs] = [Number(options.rounds), Number(options.ms)];
  const results = choose(options.only).map((scenario) => {
    const { rows, bytes } = measure(scenario, { rounds, budgetMs, progress });
    return { scenario, bytes, rows: rows.map((row) => ({ ...row, peakBytes: peakOf(scenario, row) })) };
  });
  const pairs = options.only === undefined ? pairsPerSecond(3) : undefined;
  progress('');
  const page = pageOf({ results, pairs, rounds, budgetMs });
  process.stdout.write(options.json ? `${JSON.stringify({ results, pairs }, undefined, 2)}\n` : `${page}\n`);
  if (options.write) {
    const document = new URL('../docs/benchmarks.md', import.meta.url);
    await writeSection(document, 'compare', `${machine({ isShared: false })}\n\n${page}`);
  }
}

function peakOf(scenario, { name, error }) {
  if (options['no-memory'] || error !== undefined || scenario.size !== '2 MB') return undefined;
  progress(`${scenario.name}: memory of ${name}`);
  return peakMemory(scenario, name);
}

function choose(names) {
  if (names === undefined) return scenarios;
  const chosen = names.split(',').flatMap((name) => {
    const found = scenarios.filter((each) => each.name.startsWith(name));
    if (found.length === 0)
      throw new Error(`there is no ${name}; there are ${scenarios.map((s) => s.name).join(', ')}`);
    return found;
  });
  return [...new Set(chosen)];
}
