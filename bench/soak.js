// Mixed traffic through our proxy while phases change and legacy goes down: npm run soak -- --help
import { parseArgs } from 'node:util';
import { writeSection } from './report.js';
import { summaryOf } from './soak/summary.js';
import { soak } from './soak/run.js';

const help = `npm run soak -- [options]

  --minutes N   how long (10); memory is judged from 4 on
  --seed N      of the visitors' choices (1)
  --json        print JSON
  --write       write the summary to docs/benchmarks.md

Ends with 1 when an answer was wrong, something was left open, or memory grew.
`;

const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (options.help) {
  process.stdout.write(help);
} else {
  const minutes = Number(options.minutes);
  const seed = Number(options.seed);
  if (!(minutes > 0) || !Number.isInteger(seed))
    throw new Error('--minutes takes a number above 0, --seed a whole number');
  const result = await soak({ minutes, seed, progress: progressTo(process.stderr) });
  process.stdout.write(options.json ? `${JSON.stringify(result, undefined, 2)}\n` : summaryOf(result));
  if (options.write) await writeSection(new URL('../docs/benchmarks.md', import.meta.url), 'soak', summaryOf(result));
  process.exitCode = result.findings.length === 0 ? 0 : 1;
}

/** A bar on a terminal, a line every half minute elsewhere. */
function progressTo(stream) {
  const EVERY_MS = 30_000;
  let last = 0;
  return (share, text) => {
    const percent = `${String(Math.floor(share * 100)).padStart(3)} %`;
    if (stream.isTTY) {
      const filled = Math.round(share * 24);
      stream.write(
        `\r\u001b[K${'█'.repeat(filled)}${'░'.repeat(24 - filled)} ${percent}  ${text}${share === 1 ? '\n' : ''}`,
      );
    } else if (performance.now() - last > EVERY_MS) {
      last = performance.now();
      stream.write(`${percent}  ${text}\n`);
    }
  };
}
