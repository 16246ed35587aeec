const RUN_BUDGET_MS = 120_000;

/** Makes the connector, or changes it, and resolves when it and its task run. Throws with the trace of what failed. */
export async function addConnector(url: string, name: string, config: Readonly<Record<string, string>>): Promise<void> {
  await request(url, 'PUT', `/connectors/${name}/config`, config);
  const deadline = Date.now() + RUN_BUDGET_MS;
  for (;;) {
    const status = (await request(url, 'GET', `/connectors/${name}/status`)) as ConnectorStatus | undefined;
    const states = status === undefined ? [] : [status.connector, ...status.tasks];
    const failed = states.find(({ state }) => state === 'FAILED');
    if (failed !== undefined) throw new Error(`the connector ${name} failed: ${failed.trace ?? ''}`);
    if (states.length > 1 && states.every(({ state }) => state === 'RUNNING')) return;
    if (Date.now() > deadline) throw new Error(`the connector ${name} does not run: ${JSON.stringify(status)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Its offsets stay. */
export async function removeConnector(url: string, name: string): Promise<void> {
  await request(url, 'DELETE', `/connectors/${name}`);
}

interface ConnectorStatus {
  readonly connector: { readonly state: string; readonly trace?: string };
  readonly tasks: readonly { readonly state: string; readonly trace?: string }[];
}

/** Undefined: there is no such thing (yet). */
async function request(url: string, method: string, path: string, body?: unknown): Promise<unknown> {
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (answer.status === 404 && method === 'GET') return undefined;
  if (!answer.ok) throw new Error(`Kafka Connect: ${method} ${path}: ${String(answer.status)} ${text}`);
  return text === '' ? undefined : (JSON.parse(text) as unknown);
}
