import { fileURLToPath } from 'node:url';
import type { NormalizedKafkaEvents } from '../../src/config/events-definition.ts';
import { type Death, FaultyProcess } from '../faults/faulty-process.ts';
import { until } from '../support/until.ts';
import type { EventTopics } from './event-models.ts';

const child = fileURLToPath(new URL('./role-child.js', import.meta.url));

/** A messenger publishes events, relays others, and reads both into a read model. */
export type Role = 'leader' | 'projector' | 'messenger';

/** Work that one process does at a time: that of the projector is to apply the changes that are counted. */
export type Office = 'leader' | 'projector' | 'publisher' | 'events';

const officeOf: Readonly<Record<Role, Office>> = {
  leader: 'leader',
  projector: 'projector',
  messenger: 'publisher',
};

/** Where processes find what they need, which is not how the tests reach it. */
export interface CrewPaths {
  readonly legacyUrl: string;
  readonly targetUrl: string;
  readonly events: NormalizedKafkaEvents;
  readonly topics: EventTopics;
  /** Whether projectors divide the read models among themselves. */
  readonly isShared: boolean;
  /** Of whose topics projectors read; undefined: of a leader's. */
  readonly connector?: ReadConnector | undefined;
}

export interface ReadConnector {
  readonly prefix: string;
  readonly properties: Readonly<Record<string, string>>;
  /** `schema.table` */
  readonly tables: readonly string[];
  /** Gets a line whenever a read model is built again because changes are missing. */
  readonly gapsFile: string;
}

/** The processes of one role: those that work, and those that wait to take over. */
export class Crew implements AsyncDisposable {
  readonly role: Role;
  readonly #paths: CrewPaths;
  #all: FaultyProcess[] = [];

  constructor(role: Role, paths: CrewPaths) {
    this.role = role;
    this.#paths = paths;
  }

  get alive(): readonly FaultyProcess[] {
    return this.#all.filter(({ isAlive }) => isAlive);
  }

  async add(die?: Death): Promise<FaultyProcess> {
    const one = await FaultyProcess.start(child, { ...this.#paths, role: this.role, die });
    this.#all.push(one);
    return one;
  }

  /** At least so many. */
  async fill(count: number): Promise<void> {
    while (this.alive.length < count) await this.add();
  }

  /** Whoever does the work of the role now, or of one of its offices; waits until somebody does. */
  worker(
    among: () => readonly FaultyProcess[] = () => this.alive,
    office: Office = officeOf[this.role],
  ): Promise<FaultyProcess> {
    const find = async (): Promise<FaultyProcess> => {
      const found = await this.#findWorker(among(), office);
      if (!found) throw new Error(await this.situation(among()));
      return found;
    };
    return until(`somebody is ${office}`, find, 60_000);
  }

  /** One that dies while it is asked does not work. */
  async #findWorker(among: readonly FaultyProcess[], office: Office): Promise<FaultyProcess | undefined> {
    for (const one of among) {
      const answer = await one.ask('status').catch(() => undefined);
      if ((answer?.['does'] as readonly string[] | undefined)?.includes(office)) return one;
    }
    return undefined;
  }

  /** One that dies when it comes to the milestone, in place of all that there were. */
  async replaceBy(die: Death): Promise<FaultyProcess> {
    await this.killAll();
    return this.add(die);
  }

  async killAll(): Promise<void> {
    for (const one of this.#all) await one.kill();
    this.#all = [];
  }

  /** For a test that fails: what each of them says of itself. */
  async situation(among: readonly FaultyProcess[] = this.alive): Promise<string> {
    const said: string[] = [];
    for (const [n, one] of among.entries()) {
      const { situation } = await one.ask('status').catch((error: unknown) => ({ situation: String(error) }));
      said.push(`${this.role} ${n}: ${String(situation)}`);
    }
    return said.join('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.killAll();
  }
}
