import { readFile, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

const document = new URL('../docs/benchmarks.md', import.meta.url);

/** Adds how many requests a CPU second of each proxy serves, compared with http-proxy's and nginx's. */
export function ratiosOf(rows) {
  return rows.map((row) => {
    const to = (name) => {
      const other = rows.find((each) => each.workload === row.workload && each.proxy === name);
      return row.cpuPer10k && other?.cpuPer10k ? other.cpuPer10k / row.cpuPer10k : undefined;
    };
    return { ...row, toHttpProxy: to('http-proxy'), toHttpxy: to('httpxy'), toNginx: to('nginx') };
  });
}

/** Markdown that reads well in a terminal, too. */
export function tableOf({ rows, absent, rounds, seconds }, workloads) {
  const parts = workloads.map((workload) => {
    const lines = rows.filter((row) => row.workload === workload.name).map(cellsOf);
    return `### ${workload.title}\n\n${aligned([header, ...lines])}`;
  });
  const missing = absent.length === 0 ? '' : `\nAbsent here: ${absent.join(', ')}.\n`;
  return `Medians of ${rounds} interleaved rounds of ${seconds} s each.\n\n${parts.join('\n')}${missing}`;
}

const header = [
  'proxy',
  'requests/s',
  'p50 ms',
  'p99 ms',
  'CPU s per 10k',
  'RSS MB',
  'x http-proxy',
  'x httpxy',
  'x nginx',
  'errors',
];

function cellsOf(row) {
  return [
    row.title,
    fixed(row.rps, 0),
    fixed(row.p50, 2),
    fixed(row.p99, 2),
    fixed(row.cpuPer10k, 2),
    fixed(row.rssBytes && row.rssBytes / 1e6, 0),
    fixed(row.toHttpProxy, 2),
    fixed(row.toHttpxy, 2),
    fixed(row.toNginx, 2),
    String(row.errors),
  ];
}

/** A Markdown table whose columns line up; the first column, and `left`, stand left. @param {readonly (readonly string[])[]} lines */
export function aligned(lines, left = 0) {
  const widths = lines[0].map((_, column) => Math.max(3, ...lines.map((line) => line[column].length)));
  const isLeft = (column) => column === 0 || column === left;
  const cells = widths.map((width, n) => (isLeft(n) ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  const row = (line) =>
    `| ${line.map((cell, n) => (isLeft(n) ? cell.padEnd(widths[n]) : cell.padStart(widths[n]))).join(' | ')} |`;
  return [row(lines[0]), `| ${cells.join(' | ')} |`, ...lines.slice(1).map(row), ''].join('\n');
}

/** Replaces one section of docs/benchmarks.md, or of another page. */
export async function writeSection(file, name, text) {
  const [begin, end] = [`<!-- begin ${name} -->`, `<!-- end ${name} -->`];
  const page = await readFile(file, 'utf8');
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${file.pathname} has no section "${name}"`);
  await writeFile(file, `${page.slice(0, from + begin.length)}\n\n${text.trim()}\n\n${page.slice(to)}`);
}

export async function writeDocument(result, workloads) {
  await writeSection(document, 'proxy', `${machine()}\n\n${tableOf(result, workloads)}`);
}

/** What the figures depend on, without what changes by the day. */
export function machine({ isShared = true } = {}) {
  const [cpu] = cpus();
  const shared = isShared ? '; upstream, load generator, PostgreSQL and proxy share them' : '';
  return `${cpus().length} cores (${cpu?.model.trim() ?? 'unknown'}), ${process.platform}${congestionControl()}, Node ${process.version}${shared}.`;
}

function fixed(value, digits) {
  return value === undefined ? '-' : value.toFixed(digits);
}

export function fixedRateTable({ saturation, rate, rounds, seconds, rows }) {
  const off = rows.find(({ name }) => name === 'off');
  const lines = rows.map((row) => [
    row.title,
    ...[row.p50, row.p99, row.p999, row.max].map((value) => fixed(value, 2)),
    fixed(row.p99 / off.p99, 2),
    String(row.compared ?? '-'),
    String(row.errors),
  ]);
  const head = ['', 'p50 ms', 'p99 ms', 'p99.9 ms', 'max ms', 'p99 x off', 'compared', 'errors'];
  return `${rate} requests/s, half of the ${saturation} at saturation; medians of ${rounds} interleaved rounds of ${seconds} s.\n\n${aligned([head, ...lines])}`;
}

export async function writeFixedRate(result) {
  await writeSection(document, 'fixed-rate', `${machine()}\n\n${fixedRateTable(result)}`);
}

/** With bbr, which paces what it sends, even loopback takes up to twice the time for uploads over kept connections. */
function congestionControl() {
  try {
    return ` (tcp ${readFileSync('/proc/sys/net/ipv4/tcp_congestion_control', 'utf8').trim()})`;
  } catch {
    return '';
  }
}
