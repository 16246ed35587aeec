/** What a worker process runs. */

// Signals to the whole group, such as a Ctrl-C, are the primary's to answer, also while the rest is being loaded.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2'] as const) process.on(signal, () => undefined);
const { serveAsTold } = await import('./serve-as-told.ts');
serveAsTold();
