import type { ChildProcess } from 'node:child_process';

/** A connection as node hands it to a worker. */
interface Connection {
  /** Negative once it is closed. */
  readonly fd?: number;
  close(): void;
}

const queueName = '_handleQueue';
const endName = '_disconnect';

/** What node keeps of messages whose connections have not been taken yet; not in its types. */
interface HandOver {
  [queueName]?: { readonly handle?: Connection | null }[] | null;
  [endName]?: () => void;
}

/** Beyond so many, those that are closed are forgotten. */
const KEPT = 64;

/** With which worker each connection is. One that a worker turned down goes to another. */
const takers = new WeakMap<Connection, ChildProcess>();

/**
 * Cuts the connections that a worker takes along when it dies: those that were on their way, and those that it had got
 * without saying so. Node leaves them open for ever, and tells no `disconnect` while some are on their way.
 */
export function cutLostConnections(worker: ChildProcess): void {
  const kept = worker as ChildProcess & HandOver;
  let given: Connection[] = [];
  const send = worker.send.bind(worker) as (...given: unknown[]) => boolean;
  worker.send = (...message: unknown[]) => {
    const [, connection] = message;
    if (isConnection(connection)) {
      takers.set(connection, worker);
      if (given.length > KEPT) given = given.filter(isOpen);
      given.push(connection);
    }
    return send(...message);
  };
  // Node calls it when the channel ends.
  const disconnect = worker.disconnect.bind(worker);
  worker.disconnect = () => {
    const waiting = kept[queueName];
    disconnect();
    if (Array.isArray(waiting)) {
      for (const { handle } of waiting) handle?.close();
      // It waits for the queue, which nobody empties any more.
      kept[queueName] = null;
      kept[endName]?.();
    }
    for (const connection of given) if (takers.get(connection) === worker && isOpen(connection)) connection.close();
    given = [];
  };
}

function isConnection(value: unknown): value is Connection {
  return typeof value === 'object' && value !== null && 'close' in value && 'fd' in value;
}

function isOpen({ fd }: Connection): boolean {
  return fd === undefined || fd >= 0;
}
