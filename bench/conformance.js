// What each proxy does with bytes on the wire: npm run conformance -- --help
import { parseArgs } from 'node:util';
import { checks } from './conformance/checks.js';
import { ScriptedUpstream } from './conformance/wire.js';
import { setups } from './proxies/setups.js';
import { aligned, writeSection } from './report.js';
import { sleep } from './load/sleep.js';

const names = ['ours-legacy', 'http-proxy', 'http-proxy-3', 'httpxy', 'fastify-http', 'fastify-undici', 'plain'];
const CHECK_BUDGET_MS = 15_000;
const help = `npm run conformance -- [options]

  --only A,B     only these proxies: ${names.join(', ')}
  --checks A,B   only these checks
  --json         print JSON
  --write        write the table to docs/conformance.md

Ends with 1 when ours fails a check.
`;

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: names.join(',') },
    checks: { type: 'string' },
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (options.help) {
  process.stdout.write(help);
} else {
  const wanted = options.checks?.split(',');
  const chosen = checks.filter(({ name }) => wanted?.includes(name) ?? true);
  const results = [];
  for (const name of options.only.split(',')) {
    const setup = setups.find((each) => each.name === name);
    if (!setup) throw new Error(`there is no ${name}`);
    results.push({ proxy: setup.name, findings: await findingsOf(setup, chosen) });
  }
  const failures =
    results.find(({ proxy }) => proxy === 'ours-legacy')?.findings.filter(({ ok }) => ok === false) ?? [];
  if (options.json) process.stdout.write(`${JSON.stringify({ checks: chosen, results }, undefined, 2)}\n`);
  else process.stdout.write(`${tableOf(chosen, results)}\n${failuresOf(results)}`);
  if (options.write) {
    const file = new URL('../docs/conformance.md', import.meta.url);
    await writeSection(file, 'conformance', `${tableOf(chosen, results)}\n${failuresOf(results)}`);
  }
  process.exitCode = failures.length === 0 ? 0 : 1;
}

/** One process per proxy; a new one when it dies of a check. */
async function findingsOf(setup, chosen) {
  const upstream = await new ScriptedUpstream().start();
  let proxy = await setup.start({ upstream: upstream.port });
  const findings = [];
  for (const check of chosen) {
    process.stderr.write(process.stderr.isTTY ? `\r\u001b[K${setup.name}: ${check.name}` : '');
    if (check.onlyOurs && !setup.name.startsWith('ours')) {
      findings.push({ check: check.name, ok: undefined, saw: 'not meant for it' });
      continue;
    }
    const scene = { port: proxy.port, upstream, proxy };
    const died = proxy.exited.then((error) => ({
      ok: false,
      saw: `THE PROXY DIED: ${firstLineOf(error.message)}`,
      died: true,
    }));
    const late = sleep(CHECK_BUDGET_MS).then(() => ({ ok: false, saw: 'the check did not end' }));
    const finding = await Promise.race([
      check.run(scene).catch((error) => ({ ok: false, saw: error.message })),
      died,
      late,
    ]);
    findings.push({ check: check.name, ok: finding.ok, saw: finding.saw });
    if (finding.died) proxy = await setup.start({ upstream: upstream.port });
  }
  process.stderr.write(process.stderr.isTTY ? '\r\u001b[K' : '');
  await upstream.stop();
  await proxy.stop();
  return findings;
}

function firstLineOf(message) {
  return /Error: .*/.exec(message)?.[0] ?? message.slice(0, 80);
}

function tableOf(chosen, results) {
  const header = ['check', ...results.map(({ proxy }) => proxy), 'expected'];
  const lines = chosen.map((check, n) => [
    check.name,
    ...results.map(({ findings }) => markOf(findings[n])),
    check.expects,
  ]);
  const passed = results.map(({ findings }) => {
    const judged = findings.filter(({ ok }) => ok !== undefined);
    return `${judged.filter(({ ok }) => ok).length}/${judged.length}`;
  });
  return aligned([header, ...lines, ['passed', ...passed, '']], header.length - 1);
}

function markOf({ ok }) {
  if (ok === undefined) return '-';
  return ok ? 'pass' : 'FAIL';
}

function failuresOf(results) {
  const lines = results.flatMap(({ proxy, findings }) =>
    findings.filter(({ ok }) => ok === false).map(({ check, saw }) => `- ${proxy}, ${check}: ${saw}`),
  );
  return lines.length === 0 ? '' : `What was seen where a check failed:\n\n${lines.join('\n')}\n`;
}
