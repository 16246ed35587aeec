#!/usr/bin/env node
import { processIo } from './io.ts';
import { runCli } from './program.ts';

// Whoever reads what we print may go before us: `head` has enough, a collector of logs dies. Users are served all the same.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

process.exitCode = await runCli(process.argv.slice(2), processIo());
