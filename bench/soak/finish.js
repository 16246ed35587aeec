import { sleep } from '../load/sleep.js';
import { showsPattern } from './checks.js';
import { Client, openClients } from './client.js';
import { Pattern, bigBytes } from './content.js';

const SETTLE_MS = 10_000;
const SLOW_DOWNLOADS = 8;

/**
 * When the last visitor has gone: nothing may be left in the proxy, a stop must let the rest finish, and after it nothing
 * may be open anywhere.
 */
export async function finish({ proxy, legacy, ledger }) {
  await becomesIdle(proxy, legacy, ledger);
  await drains(proxy, ledger);
  if (!(await comes(async () => (await legacy.state()).connections === 0))) {
    ledger.find(`legacy still has connections after the proxy's stop: ${JSON.stringify(await legacy.state())}`);
  }
  const { left, load, error } = await proxy.ask('stop');
  if (error !== undefined) ledger.find(`the stop failed: ${error}`);
  else if (Object.keys(left).length > 0) ledger.find(`left open in the stopped proxy: ${JSON.stringify(left)}`);
  return { left, load };
}

async function becomesIdle(proxy, legacy, ledger) {
  const nothing = { connections: 0, inFlight: 0, streams: 0, upstreamBusy: 0, upstreamWaiting: 0 };
  const isIdle = async () => {
    const { inFlight, load } = await proxy.ask('state');
    return inFlight === 0 && Object.entries(nothing).every(([name, value]) => load[name] === value);
  };
  if (!(await comes(isIdle))) {
    ledger.find(
      `not idle without clients: ${JSON.stringify({ ...(await proxy.ask('state')), clients: openClients() })}`,
    );
  }
  if (!(await comes(async () => (await legacy.state()).active === 0))) {
    ledger.find(`legacy still works for nobody: ${JSON.stringify(await legacy.state())}`);
  }
}

/** Slow downloads are under way when the proxy is told to stop. They must end whole, and nobody may come in any more. */
async function drains(proxy, ledger) {
  const idle = new Client(proxy.port);
  const downloads = Array.from({ length: SLOW_DOWNLOADS }, (_, n) => slowDownload(proxy.port, `drain-${n}`));
  await Promise.all(downloads.map(({ begun }) => begun));
  const drained = proxy.ask('drain');
  const answers = await Promise.all(downloads.map(({ ended }) => ended));
  for (const { id, outcome } of answers) {
    const fault = outcome.kind === 'whole' ? showsPattern(id)(outcome) : outcome.kind;
    if (fault !== undefined) ledger.find(`a download during the stop: ${fault}`);
  }
  await drained;
  const late = new Client(proxy.port);
  const outcome = await late.send('GET', 'GET /docs/late HTTP/1.1\r\nHost: a\r\n\r\n');
  if (outcome.kind !== 'cut') ledger.find('the proxy answers after its stop');
  idle.close();
}

function slowDownload(port, id) {
  const client = new Client(port);
  const pattern = new Pattern(id);
  let begin;
  const begun = new Promise((resolve) => {
    begin = resolve;
  });
  let last = 0;
  const onChunk = (bytes) => {
    begin();
    if (bytes - last < bigBytes / 16) return;
    last = bytes;
    client.socket.pause();
    setTimeout(() => client.socket.resume(), 60);
  };
  const holds = (offset, chunk) => pattern.holds(offset, chunk);
  const ended = client
    .send('GET', `GET /download/${id} HTTP/1.1\r\nHost: a\r\n\r\n`, { holds, onChunk })
    .then((outcome) => {
      begin();
      client.close();
      return { id, outcome };
    });
  return { begun, ended };
}

/** @param {() => Promise<boolean>} condition */
async function comes(condition) {
  const until = performance.now() + SETTLE_MS;
  while (performance.now() < until) {
    if (await condition()) return true;
    await sleep(50);
  }
  return false;
}
