import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Get, Header, Inject, type MessageEvent, Req, Res, Sse, UseGuards } from '@nestjs/common';
import { BridgeDb, KeptMessages, PauseStoreSql } from '@bbb/bridge-db';
import { CONFIGURATION, type Configuration, describeConfiguration } from '@bbb/configuration';
import {
  explainTask,
  listInstances,
  listTasks,
  OPERATION_SYSTEMS,
  type OperationSystems,
} from '@bbb/operation';
import { HealthChecks, readVersion } from '@bbb/platform';
import { Invalid, Unavailable } from '@bbb/rules';
import { interval, map, merge, type Observable } from 'rxjs';
import { SCRIPT } from './assets/script.js';
import { STYLE } from './assets/style.js';
import { showDocument, type View } from './html/document.js';
import { readOverview } from './overview.js';
import { PageAccess } from './page-access.js';
import { PageChanges } from './page-changes.service.js';
import { readTasksAddress } from './tasks-address.js';
import { showConfiguration } from './views/configuration.js';
import { showInstances } from './views/instances.js';
import { showMessages } from './views/messages.js';
import { showOverview } from './views/overview.js';
import { showPauses } from './views/pauses.js';
import { showProblem } from './views/problem.js';
import { showTask } from './views/task.js';
import { showTasks } from './views/tasks.js';

/** Milliseconds between two signs of life, so that proxies keep a connection without changes. */
const ALIVE_EVERY = 15_000;

const MOST_MESSAGES = 200;

/** The page for operators. It changes nothing. */
@Controller()
@UseGuards(PageAccess)
export class PageController {
  private readonly version = readVersion();

  constructor(
    @Inject(OPERATION_SYSTEMS) private readonly systems: OperationSystems,
    private readonly db: BridgeDb,
    private readonly changes: PageChanges,
    private readonly health: HealthChecks,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
  ) {}

  @Get()
  overview(@Res({ passthrough: true }) response: ServerResponse): Promise<string> {
    return this.show(response, 'Overview', '', async () => {
      const [overview, problems] = await Promise.all([
        readOverview(this.systems, this.db),
        this.health.findProblems(),
      ]);
      return showOverview(overview, problems);
    });
  }

  @Get('tasks')
  tasks(
    @Req() request: IncomingMessage,
    @Res({ passthrough: true }) response: ServerResponse,
  ): Promise<string> {
    return this.show(response, 'Tasks', 'tasks', async () => {
      const address = readTasksAddress(readQuery(request), this.systems.clock.now());
      return showTasks(address, await listTasks(this.systems, address.query), this.systems.clock.now());
    });
  }

  @Get('task')
  task(
    @Req() request: IncomingMessage,
    @Res({ passthrough: true }) response: ServerResponse,
  ): Promise<string> {
    const id = readQuery(request).get('id')?.trim() ?? '';
    return this.show(response, 'Task', 'tasks', async () => {
      if (!/^[A-Za-z0-9_-]{22}$/.test(id))
        throw new Invalid('the id of a task has 22 letters, digits, - and _');
      return showTask(await explainTask(this.systems, id));
    });
  }

  @Get('instances')
  instances(@Res({ passthrough: true }) response: ServerResponse): Promise<string> {
    return this.show(response, 'Instances', 'instances', async () =>
      showInstances(await listInstances(this.systems), this.systems.clock.now()),
    );
  }

  @Get('messages')
  messages(@Res({ passthrough: true }) response: ServerResponse): Promise<string> {
    return this.show(response, 'Kept messages', 'messages', async () => {
      const kept = new KeptMessages(this.db);
      const [quarantined, parked, counts] = await Promise.all([
        kept.list({ state: 'quarantined' }, MOST_MESSAGES),
        kept.list({ state: 'parked' }, MOST_MESSAGES),
        Promise.all([kept.count('quarantined', {}), kept.count('parked', {})]),
      ]);
      return showMessages({ quarantined, parked, counts: { quarantined: counts[0], parked: counts[1] } });
    });
  }

  @Get('pauses')
  pauses(@Res({ passthrough: true }) response: ServerResponse): Promise<string> {
    return this.show(response, 'Paused builders', 'pauses', async () =>
      showPauses(await new PauseStoreSql(this.db).list(), this.systems.clock.now()),
    );
  }

  @Get('configuration')
  settings(@Res({ passthrough: true }) response: ServerResponse): Promise<string> {
    return this.show(response, 'Configuration', 'configuration', () =>
      Promise.resolve(showConfiguration(describeConfiguration(this.configuration))),
    );
  }

  @Sse('events')
  events(): Observable<MessageEvent> {
    return merge(
      this.changes.states.pipe(map(() => ({ type: 'change', data: '' }))),
      interval(ALIVE_EVERY).pipe(map(() => ({ type: 'alive', data: '' }))),
    );
  }

  @Get('page.css')
  @Header('Content-Type', 'text/css; charset=utf-8')
  style(): string {
    return STYLE;
  }

  @Get('page.js')
  @Header('Content-Type', 'text/javascript; charset=utf-8')
  script(): string {
    return SCRIPT;
  }

  /** A page says itself what it could not read. */
  private async show(
    response: ServerResponse,
    title: string,
    section: View['section'],
    make: () => Promise<View>,
  ): Promise<string> {
    const view = await make().catch((error: unknown) => {
      if (error instanceof Invalid || error instanceof Unavailable) return showProblem(title, section, error);
      throw error;
    });
    response.statusCode = view.status ?? 200;
    return showDocument(view, './', this.version);
  }
}

/** The server itself reads no query. */
function readQuery({ url = '/' }: IncomingMessage): URLSearchParams {
  return new URL(url, 'http://page.invalid').searchParams;
}
