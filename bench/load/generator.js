// The load, in a process of its own: one request at a time on each connection, answers counted by their bytes.
import { connect } from 'node:net';
import { latencyHistogram } from './histogram.js';
import { sleep } from './sleep.js';
import { workloads } from './workloads.js';

process.on('message', async ({ id, port, workload, seconds, rate, leadSeconds = 0 }) => {
  const run = rate === undefined ? saturate : hold;
  process.send?.({ id, result: await run({ port, workload: workloads[workload], seconds, rate, leadSeconds }) });
});
process.on('disconnect', () => process.exit(0));
process.send?.({ ready: true });

/** Closed loop: every connection asks again as soon as it was answered. */
async function saturate({ port, workload, seconds }) {
  const tally = { requests: 0, errors: 0, latencies: latencyHistogram() };
  let isOver = false;
  const ask = (client) => {
    client.ask(performance.now(), (ok, askedAt) => {
      if (isOver) return;
      if (ok) {
        tally.requests += 1;
        tally.latencies.record(performance.now() - askedAt);
      } else tally.errors += 1;
      ask(client);
    });
  };
  const clients = Array.from({ length: workload.connections }, (_, n) => new Client(port, workload, n));
  const startedAt = performance.now();
  for (const client of clients) ask(client);
  await sleep(seconds * 1_000);
  isOver = true;
  const took = (performance.now() - startedAt) / 1_000;
  for (const client of clients) client.close();
  return resultOf(tally, took);
}

/**
 * Open loop: requests fall due at fixed times whatever happened to earlier ones, and a latency counts from the moment
 * its request was due. A proxy that stalls is so charged for everybody who would have come meanwhile (no coordinated
 * omission).
 */
async function hold({ port, workload, seconds, rate, leadSeconds }) {
  const tally = { requests: 0, errors: 0, latencies: latencyHistogram() };
  const idle = [];
  const clients = [];
  const waiting = [];
  let open = 0;
  const give = (client, dueAt) => {
    client.ask(dueAt, (ok) => {
      open -= 1;
      if (!ok) tally.errors += 1;
      else if (dueAt >= countsFrom) {
        tally.requests += 1;
        tally.latencies.record(performance.now() - dueAt);
      }
      const next = waiting.shift();
      if (next === undefined) idle.push(client);
      else give(client, next);
    });
  };
  const startedAt = performance.now();
  const countsFrom = startedAt + leadSeconds * 1_000;
  const total = Math.round(rate * (leadSeconds + seconds));
  let due = 0;
  while (due < total) {
    const now = performance.now();
    while (due < total && startedAt + (due * 1_000) / rate <= now) {
      const dueAt = startedAt + (due * 1_000) / rate;
      due += 1;
      open += 1;
      const client = idle.pop();
      if (client) give(client, dueAt);
      else if (clients.length < MAX_OPEN_CONNECTIONS) {
        clients.push(new Client(port, workload, clients.length));
        give(clients.at(-1), dueAt);
      } else waiting.push(dueAt);
    }
    await sleep(1);
  }
  const deadline = performance.now() + 15_000;
  while (open > 0 && performance.now() < deadline) await sleep(5);
  tally.errors += open;
  const took = (performance.now() - startedAt) / 1_000;
  for (const client of clients) client.close();
  return resultOf(tally, took);
}

/** As many visitors at once as a busy site has; further requests wait, and their waiting counts. */
const MAX_OPEN_CONNECTIONS = 512;

class Client {
  #port;
  #request;
  #expected;
  #socket;
  #held = '';
  #owed = 0;
  #isChunked = false;
  #isGood = true;
  #isClosed = false;
  #askedAt = 0;
  #done;

  constructor(port, workload, visitor) {
    this.#port = port;
    this.#request = workload.request(visitor);
    this.#expected = workload.answerBytes;
    this.#open();
  }

  ask(askedAt, done) {
    this.#askedAt = askedAt;
    this.#done = done;
    if (this.#socket.destroyed) this.#open();
    this.#socket.write(this.#request);
  }

  close() {
    this.#isClosed = true;
    this.#socket.destroy();
  }

  #open() {
    this.#held = '';
    this.#owed = 0;
    this.#isChunked = false;
    const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true });
    this.#socket = socket;
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (this.#socket !== socket || this.#isClosed) return;
      const done = this.#done;
      this.#done = undefined;
      if (done) setTimeout(() => done(false, this.#askedAt), 5);
    });
    socket.on('data', (chunk) => this.#read(chunk));
  }

  #read(chunk) {
    if (this.#owed > 0) {
      this.#owed -= chunk.length;
      if (this.#owed <= 0) this.#finish(this.#isGood && this.#owed === 0);
      return;
    }
    this.#held += chunk.latin1Slice();
    if (this.#isChunked) {
      if (this.#held.endsWith('\r\n0\r\n\r\n')) this.#finish(this.#isGood);
      return;
    }
    const end = this.#held.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = this.#held.slice(0, end);
    this.#isGood = head.startsWith('HTTP/1.1 200 ');
    const length = /\r\ncontent-length: *(\d+)/i.exec(head);
    const body = this.#held.length - end - 4;
    if (length) {
      if (Number(length[1]) !== this.#expected) this.#isGood = false;
      this.#owed = Number(length[1]) - body;
      if (this.#owed <= 0) this.#finish(this.#isGood);
      else this.#held = '';
    } else if (this.#held.endsWith('\r\n0\r\n\r\n')) this.#finish(this.#isGood);
    else this.#isChunked = true;
  }

  #finish(isGood) {
    this.#held = '';
    this.#owed = 0;
    this.#isChunked = false;
    const done = this.#done;
    this.#done = undefined;
    done?.(isGood, this.#askedAt);
  }
}

function resultOf({ requests, errors, latencies }, seconds) {
  return {
    requests,
    errors,
    seconds,
    rps: requests / seconds,
    p50: latencies.percentile(50),
    p99: latencies.percentile(99),
    p999: latencies.percentile(99.9),
    max: latencies.max,
  };
}
