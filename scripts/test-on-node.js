// Runs test/proxy on another release of Node, which npm fetches and caches: node scripts/test-on-node.js 24 [files]
// The proxy leans on node:http, node:http2 and node:net more than anything else does, so it is what another release can break.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const [release = '24', ...files] = process.argv.slice(2);
if (!/^\d+$/.test(release)) {
  console.error('usage: node scripts/test-on-node.js <major release of Node> [test files]');
  process.exit(2);
}
const cwd = fileURLToPath(new URL('..', import.meta.url));
const onNode = ['--yes', '--package', `node@${release}`, '--', 'node'];
const run = (args, stdio) => spawnSync('npx', [...onNode, ...args], { cwd, stdio, encoding: 'utf8' });

const version = run(['--version'], ['ignore', 'pipe', 'inherit']).stdout.trim();
// Whoever asks for 24 and gets the machine's own would be told a success that means nothing.
if (!version.startsWith(`v${release}.`)) {
  console.error(`Node ${release} is not to be had: got ${version || 'nothing'}`);
  process.exit(1);
}
const tests = files.length > 0 ? files : ['test/proxy'];
const { status } = run(['node_modules/vitest/vitest.mjs', 'run', ...tests], 'inherit');
console.log(`${status === 0 ? 'passed' : 'FAILED'} on Node ${version}: ${tests.join(' ')}`);
process.exit(status ?? 1);
