// Measures events through Kafka beside `direct` and a real Debezium: npm run bench:kafka -- --help
import { chosenOf, progress, runBench, stopping } from './command.js';
import { backlog } from './kafka/backlog.js';
import { startKafka } from './kafka/brokers.js';
import { lag } from './kafka/lag.js';
import { pageOf } from './kafka/report.js';
import { sharing } from './kafka/sharing.js';
import { takeover } from './kafka/takeover.js';
import { machine } from './report.js';
import { createTables } from './sync/schema.js';
import { startServer } from './sync/server.js';

const scenarios = { backlog, lag, sharing, takeover };
const names = Object.keys(scenarios);

await runBench({
  help: `npm run bench:kafka -- [options]

  --rounds N       rounds, interleaved over all that are compared (3)
  --only A,B       only these: ${names.join(', ')}
  --changes N      row changes of a backlog (300000)
  --rate N         transactions a second, for the lag (1000)
  --seconds N      of each turn of the lag (30)
For a look at whether it runs: --rounds 1 --changes 20000 --seconds 5. Needs Java and Maven: docs/kafka.md.

`,
  options: {
    only: { type: 'string' },
    changes: { type: 'string', default: '300000' },
    rate: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '30' },
  },
  section: 'kafka',
  measure,
  document: documentOf,
});

async function measure({ only, rounds, changes, rate, seconds, profile }) {
  const chosen = chosenOf(only, names);
  const server = await startServer();
  const kafka = await startKafka(progress, { withConnect: chosen.includes('backlog') }).catch(async (error) => {
    await server.stop();
    throw error;
  });
  const stopAll = async () => {
    await kafka.stop();
    await server.stop();
  };
  return stopping(stopAll, async () => {
    await createTables(server);
    const result = { version: await server.version(), rounds: Number(rounds) };
    const sizes = { rounds: result.rounds, changes: Number(changes), rate: Number(rate), seconds: Number(seconds) };
    for (const name of chosen) {
      const told = (text) => progress(`${name}: ${text}`);
      result[name] = await scenarios[name]({ server, kafka, profile, progress: told, ...sizes });
    }
    return result;
  });
}

function documentOf(result) {
  const head = `PostgreSQL ${result.version} for legacy and both targets, with its default durability; one Kafka broker on the same cores; medians of ${result.rounds} interleaved rounds.`;
  return `${machine()}\n\n${head}\n\n${pageOf(result)}`;
}
