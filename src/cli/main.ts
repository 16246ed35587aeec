#!/usr/bin/env node
import { EarlySignals } from './early-signals.ts';

// Whoever reads what we print may go before us: `head` has enough, a collector of logs dies. Users are served all the same.
process.stderr.on('error', () => undefined);
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') return;
  // An answer that is not whole, on a full disk say, must not look like one. No other module is there yet.
  process.stderr.write(`error: the answer could not be written: ${error.message}\n`);
  process.once('exit', () => (process.exitCode ||= 1));
});

/** Commands that serve until they are stopped. To them these signals are orders, but for a SIGHUP of a terminal that is gone. */
const serving = ['up', 'proxy', 'sync', 'control'];
const orders = process.stderr.isTTY ? ['SIGUSR2'] : ['SIGUSR2', 'SIGHUP'];
const args = process.argv.slice(2);
const early = serving.includes(args[0] ?? '') ? new EarlySignals(process, orders) : undefined;

// Not before: whoever sends an order to a fig that has just been started must not end it.
const [{ processIo }, { runCli }] = await Promise.all([import('./io.ts'), import('./program.ts')]);
process.exitCode = await runCli(args, processIo(early));
