import { parseArgs } from 'node:util';
import { writeSection } from './report.js';

const common = {
  rounds: { type: 'string', default: '3' },
  json: { type: 'boolean', default: false },
  profile: { type: 'string' },
  write: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
};
const commonHelp = `  --json           print JSON
  --profile DIR    write CPU profiles of our processes there
  --write          write the tables to docs/benchmarks.md
`;

/**
 * A measurement that is run from the command line. `help` comes before what is said of the options that all have; `document`
 * makes Markdown of what was measured.
 */
export async function runBench({ help, options, section, measure, document }) {
  const { values } = parseArgs({ options: { ...common, ...options } });
  if (values.help) {
    process.stdout.write(`${help}${commonHelp}`);
    return;
  }
  const result = await measure(values);
  progress('');
  const page = document(result, values);
  process.stdout.write(values.json ? `${JSON.stringify(result, undefined, 2)}\n` : page);
  if (values.write) await writeSection(new URL('../docs/benchmarks.md', import.meta.url), section, page);
}

/** What is being done, in one line that is written over. */
export function progress(text) {
  process.stderr.write(process.stderr.isTTY ? `\r\u001b[K${text}` : `${text}\n`);
}

/** Does work, and ends what it needs also when it is interrupted. */
export async function stopping(stopAll, work) {
  const stop = () => void stopAll().finally(() => process.exit(130));
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    return await work();
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    await stopAll();
  }
}

/** Those of a list of names that there are. */
export function chosenOf(names, all) {
  if (names === undefined) return all;
  return names.split(',').map((name) => {
    if (!all.includes(name)) throw new Error(`there is no ${name}; there are ${all.join(', ')}`);
    return name;
  });
}
