// Runs one proxy in a process of its own and answers questions about it.
/** @type {string} */
const name = process.argv[2] ?? '';
const options = JSON.parse(process.argv[3] ?? '{}');

process.on('disconnect', () => process.exit(0));
const { start } = await import(new URL(`./${name}.js`, import.meta.url).href);
const proxy = await start(options);
process.on('message', async ({ id, ask, value }) => {
  if (ask === 'usage') {
    const { user, system } = process.cpuUsage();
    process.send?.({ id, answer: { cpuSeconds: (user + system) / 1e6, rssBytes: process.memoryUsage.rss() } });
  } else {
    const answer = await proxy[ask]?.(value);
    process.send?.({ id, answer });
  }
});
process.send?.({ ready: true, port: proxy.port });
