import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { inspectLanding } from '../../../src/app/preflight/preflight-landing.ts';
import { normalizeConfig } from '../../../src/config/normalize-config.ts';
import { silentLog } from '../../../src/kernel/log.ts';
import { KafkaConnection } from '../../../src/sync/kafka/client/kafka-connection.ts';
import { describeWithKafka, sharedKafka, uniqueTopic } from '../../support/kafka-server.ts';
import { plainAccess } from '../../support/kafka-settings.ts';
import { hasMariadb, type MariadbServer, startMariadb } from '../../support/mariadb-server.ts';
import { missingForMysql, startMysql } from '../../support/mysql-server.ts';

const schema = `CREATE TABLE orders (id int PRIMARY KEY); INSERT INTO orders VALUES (1); CREATE TABLE loose (id int)`;

/** What an account sees; `tables`: by default one that is as it has to be. */
async function findings(url: string, { tables = ['orders'], settle }: { tables?: string[]; settle?: string } = {}) {
  const events = {
    via: 'debezium',
    connector: 'mysql',
    brokers: [await sharedKafka()],
    prefix: topics,
    landing: 'postgres://127.0.0.1/landing',
    settle,
  } as const;
  const config = normalizeConfig({ legacy: { url: 'http://127.0.0.1:1', database: url }, events }, 'fig.config.ts', {});
  return inspectLanding(config, tables);
}

const topics = uniqueTopic('preflight');

/** Topics as a connector makes them that is set as it has to be. */
async function makeTopic(name: string, more: Readonly<Record<string, string>> = {}, partitions = 1): Promise<void> {
  const kafka = new KafkaConnection(plainAccess(await sharedKafka()), silentLog);
  await using admin = await kafka.admin();
  const settings = { 'retention.ms': '-1', 'cleanup.policy': 'delete', ...more };
  await admin.createTopic({ topic: name, partitions, replicationFactor: 1, settings });
}

interface Server {
  readonly title: string;
  readonly missing: string | undefined;
  readonly start: (settings?: Readonly<Record<string, string>>) => Promise<MariadbServer>;
}

const servers: readonly Server[] = [
  { title: 'MariaDB', missing: hasMariadb ? undefined : 'there is no mariadbd', start: startMariadb },
  { title: 'MySQL', missing: missingForMysql, start: startMysql },
].map((each) => ({ ...each, title: each.missing === undefined ? each.title : `${each.title} (${each.missing})` }));

describeWithKafka('preflight of a legacy database that lands', () => {
  beforeAll(async () => {
    await makeTopic(`${topics}.shop.orders`);
    await makeTopic(`${topics}.transaction`);
  });

  describe.each(servers)('in $title', ({ missing, start }) => {
    let server: MariadbServer;

    beforeAll(async () => {
      if (missing === undefined) server = await startWithShop(start);
    }, 60_000);
    beforeEach(({ skip }) => skip(missing !== undefined, missing));
    afterAll(async () => server?.[Symbol.asyncDispose]());

    function url(account = 'fig:fig', port = server.port): string {
      return `mysql://${account}@127.0.0.1:${port}/shop`;
    }

    test('finds nothing where all is as it has to be', async () => {
      expect(await findings(url())).toEqual([]);
    });

    test('names a table that is not there, may not be seen or has no primary key', async () => {
      await server.sql(
        'mysql',
        `CREATE USER few@'127.0.0.1' IDENTIFIED BY 'few'; GRANT SELECT ON shop.loose TO few@'127.0.0.1'`,
      );
      const refused = { id: 'landing-table', severity: 'error', remedy: expect.stringContaining('SELECT') };
      expect(await findings(url(), { tables: ['orders', 'nothing', 'loose'] })).toMatchObject([
        { ...refused, subject: 'nothing', problem: expect.stringContaining('is not there, or may not be seen') },
        { ...refused, subject: 'loose', problem: expect.stringContaining('has no primary key') },
        { id: 'topic-missing', subject: `${topics}.shop.nothing` },
        { id: 'topic-missing', subject: `${topics}.shop.loose` },
      ]);
      expect(await findings(url('few:few'))).toContainEqual(
        expect.objectContaining({ ...refused, subject: 'orders', problem: expect.stringContaining('may not be seen') }),
      );
    });

    test('says that an account is not let in, and that a server does not answer', async () => {
      const refused = { id: 'legacy-account', severity: 'error', subject: 'legacy.database' };
      expect(await findings(url('fig:wrong'))).toMatchObject([
        { ...refused, problem: expect.stringContaining('Access denied') },
      ]);
      expect(await findings(url('fig:fig', 1))).toMatchObject([
        { ...refused, problem: expect.stringContaining('ECONNREFUSED') },
      ]);
    });

    test.each([
      ['binlog_format', 'STATEMENT', 'ROW'],
      ['binlog_row_image', 'MINIMAL', 'FULL'],
    ])('refuses %s=%s, and says how it is set', async (setting, wrong, right) => {
      await server.sql('mysql', `SET GLOBAL ${setting} = '${wrong}'`);
      const found = await findings(url());
      await server.sql('mysql', `SET GLOBAL ${setting} = '${right}'`);
      const remedy = expect.stringContaining(`SET GLOBAL ${setting} = '${right}'`);
      expect(found).toMatchObject([{ id: 'legacy-log', severity: 'error', subject: setting, remedy }]);
    });

    test('refuses a server that writes no binary log', async () => {
      await using silent = await startWithShop(start, { 'skip-log-bin': '' });
      expect(await findings(url('fig:fig', silent.port))).toMatchObject([
        { id: 'legacy-log', severity: 'error', subject: 'log_bin', remedy: expect.stringContaining('log_bin') },
      ]);
    });

    test('says what settling by time means, with an account too', async () => {
      const problem = expect.stringMatching(/events\.settle is set.*for 3 s and more/);
      expect(await findings(url(), { settle: '3s' })).toMatchObject([
        { id: 'landing-by-time', severity: 'warning', problem },
      ]);
    });
  });

  describe.each(servers.slice(0, 1))('in $title alone', ({ missing, start }) => {
    beforeEach(({ skip }) => skip(missing !== undefined, missing));

    test('refuses positions of several domains, and a log without a transaction', async () => {
      await using server = await startWithShop(start);
      const url = `mysql://fig:fig@127.0.0.1:${server.port}/shop`;
      const refused = { id: 'legacy-positions', severity: 'error', subject: 'legacy.database' };
      await server.sql('mysql', 'RESET MASTER');
      expect(await findings(url)).toMatchObject([{ ...refused, problem: expect.stringContaining('no GTID') }]);
      await server.sql('shop', 'INSERT INTO orders VALUES (2)');
      expect(await findings(url)).toEqual([]);
      await server.sql('shop', 'SET SESSION gtid_domain_id = 7; INSERT INTO orders VALUES (3)');
      expect(await findings(url)).toMatchObject([{ ...refused, problem: expect.stringContaining('domain') }]);
    });
  });

  describe.each(servers.slice(1))('in $title alone', ({ missing, start }) => {
    beforeEach(({ skip }) => skip(missing !== undefined, missing));

    test('refuses gtid_mode=OFF unless time takes the place of positions, and asks for the right to see the end of the log', async () => {
      await using server = await startWithShop(start, { 'gtid-mode': 'OFF', 'enforce-gtid-consistency': 'OFF' });
      const url = (account: string): string => `mysql://${account}@127.0.0.1:${server.port}/shop`;
      const remedy = expect.stringContaining('gtid_mode=ON');
      expect(await findings(url('fig:fig'))).toMatchObject([{ id: 'legacy-positions', severity: 'error', remedy }]);
      expect(await findings(url('fig:fig'), { settle: '3s' })).toMatchObject([{ id: 'landing-by-time' }]);
      await server.sql(
        'mysql',
        `CREATE USER less@'127.0.0.1' IDENTIFIED BY 'less'; GRANT SELECT ON shop.* TO less@'127.0.0.1'`,
      );
      expect(await findings(url('less:less'), { settle: '3s' })).toMatchObject([
        { id: 'landing-by-time' },
        { id: 'legacy-log-end', severity: 'warning', remedy: expect.stringContaining('REPLICATION CLIENT') },
      ]);
    });
  });

  test('says what it means that no account is told', async () => {
    const legacy = { url: 'http://127.0.0.1:1' };
    const events = {
      via: 'debezium',
      connector: 'mysql',
      brokers: [await sharedKafka()],
      prefix: topics,
      database: 'shop',
      landing: 'postgres://127.0.0.1/landing',
    } as const;
    const found = await inspectLanding(normalizeConfig({ legacy, events }, 'fig.config.ts', {}), ['orders']);
    const problem = expect.stringMatching(/no account .* for 5 s and more/);
    expect(found).toMatchObject([{ id: 'landing-by-time', severity: 'warning', problem }]);
  });
});

async function startWithShop(
  start: Server['start'],
  settings: Readonly<Record<string, string>> = {},
): Promise<MariadbServer> {
  const server = await start(settings);
  await server.sql('mysql', 'CREATE DATABASE shop');
  await server.sql('shop', schema);
  return server;
}
