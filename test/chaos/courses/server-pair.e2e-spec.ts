import { expect, it } from '@jest/globals';
import { SchedulerConnection } from '../../../sandbox/buildbot/index.js';
import { canStart, describeEach } from '../../support/servers.js';
import { ServerPair } from './server-pair.js';

const KINDS = ['mysql', 'postgres'] as const;

describeEach(KINDS, (kind) => canStart(kind === 'mysql' ? 'mariadb' : 'postgres'))(
  'a pair of servers: %s',
  (kind) => {
    it('has the rows on the other server after a switch-over, and writes are refused on the old one', async () => {
      const pair = await ServerPair.start(kind);
      const open: SchedulerConnection[] = [];
      const connect = async () => {
        const connection = await SchedulerConnection.open(pair.urlFor('switched'));
        open.push(connection);
        return connection;
      };
      const write = (connection: SchedulerConnection, id: number) =>
        connection.read((statements) => statements.change(`INSERT INTO kept VALUES (${id})`));
      const read = (connection: SchedulerConnection) =>
        connection.read((statements) => statements.rows<{ id: number }>('SELECT id FROM kept ORDER BY id'));
      try {
        await pair.createDatabase('switched');
        const first = await connect();
        await first.read((statements) => statements.change('CREATE TABLE kept (id INTEGER)'));
        await write(first, 1);
        await pair.switchOver(['switched']);
        await expect(write(first, 2)).rejects.toThrow(/read.only|terminat/i);
        const second = await connect();
        await write(second, 3);
        await pair.switchOver(['switched']);
        expect((await read(await connect())).map(({ id }) => Number(id))).toEqual([1, 3]);
      } finally {
        await Promise.all(open.map((connection) => connection.close().catch(() => undefined)));
        await pair.stop();
      }
    }, 120_000);
  },
);
