// Measures capture, projection and backfill beside PostgreSQL's own logical replication: npm run bench:sync -- --help
import { parseArgs } from 'node:util';
import { machine, writeSection } from './report.js';
import { scenarios } from './sync/scenarios/all.js';
import { createTables } from './sync/schema.js';
import { startServer } from './sync/server.js';

const help = `npm run bench:sync -- [options]

  --rounds N       rounds, interleaved over ours and PostgreSQL's own (3)
  --only A,B       only these: ${scenarios.map(({ name }) => name).join(', ')}
  --scale N        times as many rows, or as much time (1)
  --json           print JSON
  --profile DIR    write a CPU profile of our process there
  --write          write the tables to docs/benchmarks.md
`;

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    only: { type: 'string' },
    scale: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
    profile: { type: 'string' },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const progress = (text) => process.stderr.write(process.stderr.isTTY ? `\r\u001b[K${text}` : `${text}\n`);

if (options.help) {
  process.stdout.write(help);
} else {
  const results = await measure(choose(options.only));
  progress('');
  process.stdout.write(options.json ? `${JSON.stringify(results, undefined, 2)}\n` : pageOf(results));
  if (options.write) {
    const document = new URL('../docs/benchmarks.md', import.meta.url);
    await writeSection(document, 'sync', `${machine()}\n\n${pageOf(results)}`);
  }
}

/** Each on a server of its own, so that none finds what another has left. */
async function measure(chosen) {
  const results = [];
  for (const { name, title, run, table } of chosen) {
    const server = await startServer();
    const stop = () => void server.stop().finally(() => process.exit(130));
    process.once('SIGINT', stop).once('SIGTERM', stop);
    try {
      await createTables(server);
      const result = await run({
        server,
        rounds: Number(options.rounds),
        scale: Number(options.scale),
        profile: options.profile,
        progress: (text) => progress(`${name}: ${text}`),
      });
      results.push({ name, title, version: await server.version(), result, text: table(result) });
    } finally {
      process.off('SIGINT', stop).off('SIGTERM', stop);
      await server.stop();
    }
  }
  return results;
}

function pageOf(results) {
  const head = `PostgreSQL ${results[0]?.version} for legacy, target and native subscriber alike, with its default durability (fsync and synchronous_commit on); medians of ${options.rounds} interleaved rounds, lag: one round.`;
  const scaled = options.scale === '1' ? '' : ` All sizes times ${options.scale}.`;
  return [`${head}${scaled}\n`, ...results.map(({ title, text }) => `### ${title}\n\n${text}`)].join('\n');
}

function choose(names) {
  if (names === undefined) return scenarios;
  return names.split(',').map((name) => {
    const found = scenarios.find((each) => each.name === name);
    if (!found) throw new Error(`there is no ${name}; there are ${scenarios.map((each) => each.name).join(', ')}`);
    return found;
  });
}
