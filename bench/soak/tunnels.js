// Upgrades: bytes go to and fro, and either side ends it in one of the ways there are.
import { shows } from './checks.js';

const handshake = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
];
const LATE_MS = 10_000;

/** Sends lines through a tunnel and gets each back; then one side leaves, and the other must learn of it. */
async function tunnel(visitor) {
  const id = visitor.nextId();
  const client = visitor.fresh();
  const startedAt = performance.now();
  const outcome = await client.send('GET', visitor.head(`GET /live/${id} HTTP/1.1`, handshake));
  if (outcome.kind !== 'whole' || outcome.status !== 101) {
    visitor.report(startedAt, outcome, shows(id, '', 101));
    client.close();
    return;
  }
  const lines = Array.from(
    { length: 1 + visitor.below(8) },
    (_, n) => `${id} line ${n} ${'x'.repeat(visitor.below(3_000))};`,
  );
  const expected = id + lines.join('');
  const ending = ['client ends', 'client resets', 'legacy ends', 'legacy resets'][visitor.below(4)];
  const text = await converse(client, lines, id, expected, ending);
  const isRight = ending.startsWith('legacy') ? text.startsWith(expected) : text === expected;
  visitor.tell(
    startedAt,
    isRight ? undefined : `a tunnel (${ending}) brought ${text.length} of ${expected.length} bytes: ${text.slice(-60)}`,
  );
}

function converse(client, lines, id, expected, ending) {
  return new Promise((resolve) => {
    let text = '';
    let next = 0;
    const timer = setTimeout(() => {
      client.close();
      resolve(`${text} (and no end)`);
    }, LATE_MS);
    const end = () => {
      clearTimeout(timer);
      resolve(text);
    };
    client.tunnel((bytes) => {
      if (bytes === undefined) {
        end();
        return;
      }
      text += bytes.toString('latin1');
      const heard = id.length + lines.slice(0, next).reduce((sum, line) => sum + line.length, 0);
      if (text.length < heard) return;
      if (next < lines.length) {
        client.socket.write(lines[next]);
        next += 1;
      } else if (text.length === expected.length) leave(client, ending);
    });
  });
}

function leave(client, ending) {
  if (ending === 'client ends') client.socket.end();
  else if (ending === 'client resets') client.reset();
  else client.socket.write(ending === 'legacy ends' ? 'please close' : 'please reset');
}

async function refusedUpgrade(visitor) {
  const id = visitor.nextId();
  const client = visitor.fresh();
  await visitor.exchange(client, 'GET', visitor.head(`GET /closed/${id} HTTP/1.1`, handshake), shows(id, id, 403));
  client.close();
}

async function leaveDuringUpgrade(visitor) {
  const client = visitor.fresh();
  const answered = visitor.exchange(
    client,
    'GET',
    visitor.head(`GET /live/${visitor.nextId()} HTTP/1.1`, handshake),
    () => undefined,
    { isAborted: true },
  );
  setImmediate(() => visitor.leave(client));
  await answered;
}

/** @type {readonly import('./scenarios.js').Scenario[]} */
export const tunnels = [
  { name: 'WebSocket', weight: 5, run: tunnel },
  { name: 'WebSocket refused', weight: 1, run: refusedUpgrade },
  { name: 'leaves while upgrading', weight: 1, run: leaveDuringUpgrade },
];
