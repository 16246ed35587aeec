/** Somebody with a session of their own, who keeps every cookie they get, whichever proxy it came from. */
export class ShopVisitor {
  readonly #jar = new Map<string, string>();

  /** A member of staff. */
  static async login(proxy: string): Promise<ShopVisitor> {
    const visitor = new ShopVisitor();
    const response = await visitor.ask(proxy, 'POST', '/login', { customer_id: 2, staff: true });
    if (response.status !== 200) throw new Error(`nobody is let in: ${response.status}`);
    return visitor;
  }

  cookies(): readonly string[] {
    return [...this.#jar.keys()];
  }

  /** A request on a connection of its own. */
  async ask(
    proxy: string,
    method: 'GET' | 'POST' | 'PATCH',
    path: string,
    body?: unknown,
  ): Promise<{ readonly status: number; readonly servedBy: string | null; readonly body: unknown }> {
    const cookie = [...this.#jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(proxy + path, {
      method,
      headers: { cookie, connection: 'close', ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    for (const line of response.headers.getSetCookie()) {
      const [name, value] = line.split(';')[0]!.split('=', 2) as [string, string];
      this.#jar.set(name, value);
    }
    const answer: unknown = text === '' ? undefined : JSON.parse(text);
    return { status: response.status, servedBy: response.headers.get('x-fig-served-by'), body: answer };
  }
}
