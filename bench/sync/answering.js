import { peakRssBytes } from './processes.js';

/**
 * Answers what the parent asks, and what this process has used, until the parent ends it.
 * @param {Record<string, (value: never) => unknown>} answers
 */
export function answering(answers) {
  process.on('message', async ({ id, ask, value }) => {
    const answer = ask === 'usage' ? usage() : await answers[ask](value);
    process.send?.({ id, answer });
  });
  process.send?.({ ready: true });
}

process.on('disconnect', () => process.exit(0));

function usage() {
  const { user, system } = process.cpuUsage();
  return { cpuSeconds: (user + system) / 1e6, peakRssBytes: peakRssBytes() };
}

/** Waits a moment for something to come; what stands against it is told. */
export async function step(status) {
  await new Promise((resolve) => setTimeout(resolve, 2));
  const { error } = status();
  if (error) process.stderr.write(`${error}\n`);
}
