import { ModernMasterSimulator, type RequestRow } from '../../sandbox/modern/index.js';
import { BUILDER } from './farm.js';
import { answerCommands } from './asked-process.js';
import { MASTER_ACCOUNT, type ModernMasterCommand } from './modern-master-commands.js';

const { user, password } = MASTER_ACCOUNT;

// The builder has no worker: builds begin and end when the bench says so.
const master = await ModernMasterSimulator.start({
  configuration: {
    builders: [{ name: BUILDER, workers: ['none'], collapseRequests: false, steps: () => [] }],
    workers: [],
    bridgeSchedulers: ['bridge'],
  },
  accounts: { passwords: { [user]: password }, controllers: [user] },
});
master.web.latency = Number(process.argv[2] ?? 0);
const { database } = master;
const { builderid } = database.builderNamed(BUILDER);

function request(taskId: string): RequestRow {
  const { bsid } = database.buildsets.insert({
    ...{ external_idstring: `${taskId}/0`, reason: 'bench', submitted_at: database.time(), results: -1 },
    ...{ complete: false, complete_at: null, parent_buildid: null, rebuilt_buildid: null, sourcestamps: [] },
  });
  database.setProperties.set(bsid, new Map([['taskId', [taskId, 'bridge']]]));
  return database.addRequest({ buildsetid: bsid, builderid, priority: 0, waited_for: false });
}

function start(row: RequestRow): void {
  database.claim(row, 1);
  const { buildrequestid } = row;
  const { buildid } = database.addBuild({
    ...{ number: buildrequestid, builderid, buildrequestid, workerid: 1, masterid: 1 },
    state_string: 'building',
  });
  database.buildProperties.set(buildid, new Map(database.setProperties.get(row.buildsetid)));
}

function end(id: number): void {
  database.completeBuild(database.newestBuild(id)!, 0, 'build successful');
  database.completeRequest(database.requests.require(id), 0);
}

answerCommands((command: ModernMasterCommand) => {
  switch (command.ask) {
    case 'url':
      return master.url;
    case 'build':
      return command.taskIds.map((taskId) => {
        const row = request(taskId);
        start(row);
        return row.buildrequestid;
      });
    case 'begin': {
      const begun: Record<string, number> = {};
      for (const row of database.pendingOf(builderid)) {
        start(row);
        const key = database.buildsets.require(row.buildsetid).external_idstring!;
        begun[key.split('/')[0]!] = row.buildrequestid;
      }
      return begun;
    }
    case 'finish':
      command.ids.forEach(end);
      return null;
    case 'requests':
      return database.requests.all().length;
    case 'calls':
      return master.web.calls.count();
    case 'snapshot calls':
      return master.web.calls.count(/^GET \/(buildrequests|builds)\*$/);
  }
});
