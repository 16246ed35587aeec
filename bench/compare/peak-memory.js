// A process of its own for one comparison; says how many bytes it took beyond what was there before.
import { differs } from './differs.js';
import { bytesOf, scenarios } from './scenarios.js';

const [scenarioName, differName] = process.argv.slice(2);
const scenario = scenarios.find(({ name }) => name === scenarioName);
const run = differs.find(({ name }) => name === differName).open(scenario);
const [legacy, candidate] = bytesOf(scenario);
globalThis.gc();
const before = process.memoryUsage.rss();
run(legacy, candidate);
// Kilobytes, whatever the platform.
process.stdout.write(String(Math.max(0, process.resourceUsage().maxRSS * 1_024 - before)));
