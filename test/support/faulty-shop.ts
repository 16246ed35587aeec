import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { FigProcess } from './fig-process.ts';
import { ShopUnderFig } from './shop-under-fig.ts';

export const faultyConfig = fileURLToPath(new URL('../e2e/fixtures/faulty.config.ts', import.meta.url));

/** The shop in shadow, with a candidate that does whatever it is told at each question. */
export class FaultyShop implements AsyncDisposable {
  readonly shop: ShopUnderFig;
  readonly fig: FigProcess;

  private constructor(shop: ShopUnderFig, fig: FigProcess) {
    this.shop = shop;
    this.fig = fig;
  }

  static async create(): Promise<FaultyShop> {
    const shop = await ShopUnderFig.create(60);
    const fig = await shop.startFig(2, faultyConfig, { FAULT_FILE: join(shop.folder, 'fault') });
    await shop.untilReadModelReady(fig);
    expect(await fig.json('promote', 'orders', '--reads')).toMatchObject({ to: 'shadow' });
    return new FaultyShop(shop, fig);
  }

  /** What the candidate's handlers read; for others that run them. */
  get faultFile(): string {
    return join(this.shop.folder, 'fault');
  }

  /** One of those of faulty.config.ts. */
  async break(fault: string): Promise<void> {
    await writeFile(this.faultFile, fault);
  }

  async mend(): Promise<void> {
    await rm(this.faultFile, { force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.fig[Symbol.asyncDispose]();
    await this.shop[Symbol.asyncDispose]();
  }
}
