// Measures capture, projection and backfill beside PostgreSQL's own logical replication: npm run bench:sync -- --help
import { chosenOf, progress, runBench, stopping } from './command.js';
import { machine } from './report.js';
import { scenarios } from './sync/scenarios/all.js';
import { createTables } from './sync/schema.js';
import { startServer } from './sync/server.js';

const names = scenarios.map(({ name }) => name);

await runBench({
  help: `npm run bench:sync -- [options]

  --rounds N       rounds, interleaved over ours and PostgreSQL's own (3)
  --only A,B       only these: ${names.join(', ')}
  --scale N        times as many rows, or as much time (1)
`,
  options: { only: { type: 'string' }, scale: { type: 'string', default: '1' } },
  section: 'sync',
  measure,
  document: (results, options) => `${machine()}\n\n${pageOf(results, options)}\n`,
});

/** Each on a server of its own, so that none finds what another has left. */
async function measure({ only, rounds, scale, profile }) {
  const results = [];
  for (const chosen of chosenOf(only, names)) {
    const { name, title, run, table } = scenarios.find((each) => each.name === chosen);
    const server = await startServer();
    await stopping(server.stop, async () => {
      await createTables(server);
      const result = await run({
        server,
        rounds: Number(rounds),
        scale: Number(scale),
        profile,
        progress: (text) => progress(`${name}: ${text}`),
      });
      results.push({ name, title, version: await server.version(), result, text: table(result) });
    });
  }
  return results;
}

function pageOf(results, { rounds, scale }) {
  const head = `PostgreSQL ${results[0]?.version} for legacy, target and native subscriber alike, with its default durability (fsync and synchronous_commit on); medians of ${rounds} interleaved rounds, lag: one round.`;
  const scaled = scale === '1' ? '' : ` All sizes times ${scale}.`;
  return [`${head}${scaled}\n`, ...results.map(({ title, text }) => `### ${title}\n\n${text}`)].join('\n');
}
