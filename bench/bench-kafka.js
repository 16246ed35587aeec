// Measures events through Kafka beside `direct` and a real Debezium: npm run bench:kafka -- --help
import { parseArgs } from 'node:util';
import { backlog } from './kafka/backlog.js';
import { startKafka } from './kafka/brokers.js';
import { lag } from './kafka/lag.js';
import { pageOf } from './kafka/report.js';
import { machine, writeSection } from './report.js';
import { createTables } from './sync/schema.js';
import { startServer } from './sync/server.js';

const help = `npm run bench:kafka -- [options]

  --rounds N       rounds, interleaved over all that are compared (3)
  --only A,B       only these: backlog, lag
  --changes N      row changes of the backlog (300000)
  --rate N         transactions a second, for the lag (1000)
  --seconds N      of each turn of the lag (30)
  --json           print JSON
  --profile DIR    write CPU profiles of our processes there
  --write          write the tables to docs/benchmarks.md

For a look at whether it runs: --rounds 1 --changes 20000 --seconds 5. Needs Java and Maven: docs/kafka.md.
`;

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: 'backlog,lag' },
    changes: { type: 'string', default: '300000' },
    rate: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '30' },
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
  const result = await measure(options.only.split(','));
  progress('');
  process.stdout.write(options.json ? `${JSON.stringify(result, undefined, 2)}\n` : documentOf(result));
  if (options.write) {
    await writeSection(new URL('../docs/benchmarks.md', import.meta.url), 'kafka', documentOf(result));
  }
}

async function measure(chosen) {
  const server = await startServer();
  const kafka = await startKafka(progress).catch(async (error) => {
    await server.stop();
    throw error;
  });
  const stopAll = async () => {
    await kafka.stop();
    await server.stop();
  };
  const stop = () => void stopAll().finally(() => process.exit(130));
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const common = { server, kafka, rounds: Number(options.rounds), profile: options.profile };
  const told = (name) => ({ progress: (text) => progress(`${name}: ${text}`) });
  try {
    await createTables(server);
    const result = { version: await server.version(), rounds: common.rounds };
    if (chosen.includes('backlog')) {
      result.backlog = await backlog({ ...common, ...told('backlog'), changes: Number(options.changes) });
    }
    if (chosen.includes('lag')) {
      const load = { rate: Number(options.rate), seconds: Number(options.seconds) };
      result.lag = await lag({ ...common, ...told('lag'), ...load });
    }
    return result;
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    await stopAll();
  }
}

function documentOf(result) {
  const head = `PostgreSQL ${result.version} for legacy and both targets, with its default durability; one Kafka broker on the same cores; medians of ${result.rounds} interleaved rounds.`;
  return `${machine()}\n\n${head}\n\n${pageOf(result)}`;
}
