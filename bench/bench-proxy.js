// Measures our proxy beside its peers: npm run bench:proxy -- --help
import { parseArgs } from 'node:util';
import { setups } from './proxies/setups.js';
import { workloads } from './load/workloads.js';
import { measureFixedRate } from './load/fixed-rate.js';
import { measure } from './load/measure.js';
import { fixedRateTable, ratiosOf, tableOf, writeDocument, writeFixedRate } from './report.js';

const help = `npm run bench:proxy -- [options]

  --rounds N       rounds, interleaved over all proxies (5)
  --seconds N      seconds of each measurement (3)
  --only A,B       only these: ${setups.map(({ name }) => name).join(', ')}
  --workloads A,B  only these: ${Object.keys(workloads).join(', ')}
  --json           print JSON
  --profile DIR    write a CPU profile of every Node proxy there
  --write          write the table to docs/benchmarks.md
  --fixed-rate     open loop at half of saturation: does the shadow disturb users? (npm run bench:isolation)
`;

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    only: { type: 'string' },
    workloads: { type: 'string' },
    json: { type: 'boolean', default: false },
    profile: { type: 'string' },
    write: { type: 'boolean', default: false },
    'fixed-rate': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const progress = (text) => process.stderr.write(process.stderr.isTTY ? `\r\u001b[K${text}` : `${text}\n`);

if (options.help) {
  process.stdout.write(help);
} else if (options['fixed-rate']) {
  const only = options.only?.split(',');
  const result = await measureFixedRate({
    rounds: Number(options.rounds),
    seconds: Number(options.seconds),
    only,
    profile: options.profile,
    progress,
  });
  progress('');
  process.stdout.write(options.json ? `${JSON.stringify(result, undefined, 2)}\n` : fixedRateTable(result));
  if (options.write) await writeFixedRate(result);
} else {
  const chosen = choose(setups, options.only);
  const load = choose(Object.values(workloads), options.workloads);
  const rounds = Number(options.rounds);
  const seconds = Number(options.seconds);
  const measured = await measure({
    setups: chosen,
    workloads: load,
    rounds,
    seconds,
    profile: options.profile,
    progress,
  });
  const rows = ratiosOf(measured.rows);
  const result = { rounds, seconds, absent: measured.absent, rows };
  process.stdout.write(options.json ? `${JSON.stringify(result, undefined, 2)}\n` : tableOf(result, load));
  if (options.write) await writeDocument(result, load);
}

function choose(all, names) {
  if (names === undefined) return all;
  return names.split(',').map((name) => {
    const found = all.find((each) => each.name === name);
    if (!found) throw new Error(`there is no ${name}; there are ${all.map((each) => each.name).join(', ')}`);
    return found;
  });
}
