import { expect } from 'vitest';
import type { ShopInRoles } from './shop-in-roles.ts';
import { ShopVisitor } from './shop-visitor.ts';

const proxies = ['proxy-a', 'proxy-b'] as const;

/** A visitor who writes through one of two proxies and reads through the other, at once. */
export class WritesThroughProxies {
  /** Of the orders that are written to. */
  readonly ids: readonly string[];
  readonly #roles: ShopInRoles;
  readonly #visitor: ShopVisitor;

  private constructor(roles: ShopInRoles, ids: readonly string[], visitor: ShopVisitor) {
    this.#roles = roles;
    this.ids = ids;
    this.#visitor = visitor;
  }

  static async begin(roles: ShopInRoles): Promise<WritesThroughProxies> {
    const placed = roles.shop.legacy('orders').whereIn('status', ['draft', 'placed', 'paid']);
    const ids: string[] = await placed.orderBy('id').limit(20).pluck('id');
    return new WritesThroughProxies(roles, ids, await ShopVisitor.login(roles.url('proxy-a')));
  }

  /** Fails where a read does not have what was written. Returns how many reads came from the read model. */
  async writeAndRead(note: string): Promise<number> {
    let fromReadModel = 0;
    for (const [n, id] of this.ids.entries()) {
      const [writer, reader] = n % 2 === 0 ? proxies : proxies.toReversed();
      const body = { note: `${note} ${id}` };
      const written = await this.#visitor.ask(this.#roles.url(writer), 'PATCH', `/api/orders/${id}`, body);
      expect(written.status).toBe(200);
      const read = await this.#visitor.ask(this.#roles.url(reader), 'GET', `/api/orders/${id}`);
      expect(read.body).toMatchObject(body);
      if (read.servedBy === 'candidate') fromReadModel += 1;
    }
    return fromReadModel;
  }
}
