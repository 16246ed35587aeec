#!/usr/bin/env node
import { EarlySignals } from './early-signals.ts';

// Whoever reads what we print may go before us: `head` has enough, a collector of logs dies. Users are served all the same.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

/** Commands that serve until they are stopped. To them these signals are orders, but for a SIGHUP of a terminal that is gone. */
const serving = ['up', 'proxy', 'sync', 'control'];
const orders = process.stderr.isTTY ? ['SIGUSR2'] : ['SIGUSR2', 'SIGHUP'];
const args = process.argv.slice(2);
const early = serving.includes(args[0] ?? '') ? new EarlySignals(process, orders) : undefined;

// Not before: whoever sends an order to a fig that has just been started must not end it.
const [{ processIo }, { runCli }] = await Promise.all([import('./io.ts'), import('./program.ts')]);
process.exitCode = await runCli(args, processIo(early));
