import { createServer, request as ask, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Browser, chromium, type Page } from 'playwright-core';
import { createTask, type Scenario, SCENARIOS } from '../sandbox/mix.js';
import { play } from '../sandbox/story.js';
import { eventually } from './support/eventually.js';
import { openSandboxedBridge, type SandboxedBridge } from './support/sandboxed-bridge.js';
import { canStart, describeWhere, findProgram } from './support/servers.js';

const SECRET = 'sandbox-access-token';
const PAGES = ['', 'tasks', 'instances', 'messages', 'pauses', 'configuration'];
const MANY = 100_000;

/** Its build request waits for ever: the builder has no worker. */
const WAITING: Scenario = {
  name: 'waits',
  builder: 'Linux x86-64 oak idle',
  taskcluster: 'pending',
  buildbot: 'waiting',
};

describe('the page', () => {
  let bridge: SandboxedBridge;
  let url: string;

  const read = async (path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${url}/${path}`, { headers });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  const pushTask = () =>
    bridge.sandbox.taskcluster.createTask(
      createTask(WAITING, Math.floor(Math.random() * 1e6), Date.now() / 1000),
    );

  beforeAll(async () => {
    bridge = await openSandboxedBridge({
      database: 'sqlite',
      services: 'in process',
      scenarios: [...SCENARIOS, WAITING],
    });
    url = bridge.health.reflector;
    await play(
      bridge.sandbox,
      SCENARIOS.map((scenario) => [scenario]),
      () => undefined,
      60,
    );
  }, 120_000);
  afterAll(() => bridge.close());

  it('shows the state of the bridge without a script', async () => {
    const { status, text } = await read('');
    expect(status).toBe(200);
    expect(text).toMatch(/Build requests created <strong>\d\d/);
    expect(text).toMatch(/task resolved.*the build ended/s);
  });

  it.each(PAGES)(
    '/%s allows nothing from outside, no inline script or style, and has relative addresses only',
    async (path) => {
      const { status, headers, text } = await read(path);
      expect(status).toBe(200);
      expect(headers.get('content-security-policy')).toMatch(
        /^default-src 'none'; script-src 'self'; style-src 'self';/,
      );
      expect(headers.get('cache-control')).toBe('no-store');
      expect(text).not.toMatch(/<script(?![^>]* src=)|<style|\sstyle=|\son\w+=|javascript:/);
      for (const [, address] of text.matchAll(/(?:href|src|action)="([^"]*)"/g))
        expect(address).toMatch(/^(\.\/|#|data:,|task|messages|instances|pauses)/);
    },
  );

  it('shows the configuration in force, and no secret', async () => {
    const { text } = await read('configuration');
    expect(text).toContain('taskcluster_queue_config.credentials.accessToken');
    expect(text).toContain('(hidden)');
    for (const path of PAGES) expect((await read(path)).text).not.toContain(SECRET);
  });

  it('explains a task, its past and its future', async () => {
    const taskId = pushTask();
    await eventually(async () => expect((await read('tasks')).text).toContain(taskId));
    // Entries of the journal are written together, a moment later.
    await eventually(async () =>
      expect((await read(`task?id=${taskId}`)).text).toContain('build request created'),
    );
    const { text } = await read(`task?id=${taskId}`);
    expect(text).toMatch(/a worker in Buildbot takes the build request/);
    expect(text).toMatch(/class="future".*Deadline of the task/s);
  });

  it.each([
    ['task?id=AAAAAAAAQACAAAAAAAAAAA', 404],
    ['task?id=x', 400],
    ['tasks?state=x', 400],
    ['tasks?after=x', 400],
    ['tasks?builder=%28', 400],
    ['tasks?claims=x', 400],
    ['nothing', 404],
  ])('answers %s with %s', async (path, status) => {
    expect((await read(path)).status).toBe(status);
  });

  it('filters and sorts', async () => {
    expect((await read('tasks?waits=worker&builder=.*idle&sort=age')).text).toContain('oak idle');
    expect((await read('tasks?waits=build')).text).toContain('No tracked task matches.');
    expect((await read('tasks?state=claimed')).text).toContain('No tracked task matches.');
  });

  it('shows foreign text as text', async () => {
    await bridge.sandbox.bridge.read((statements) =>
      statements.change(`INSERT INTO bridge_pauses (builders, reason, since, "by") VALUES (?, ?, ?, ?)`, [
        '<b>x',
        '"><script src=x></script>\u202e',
        1,
        "'&",
      ]),
    );
    const { text } = await read('pauses');
    expect(text).toContain('&lt;b&gt;x');
    expect(text).toContain('&quot;&gt;&lt;script src=x&gt;&lt;/script&gt; ');
    expect(text).not.toContain('\u202e');
    await bridge.sandbox.bridge.read((statements) => statements.change('DELETE FROM bridge_pauses'));
  });

  it('cannot be read under the name of another machine', async () => {
    // fetch does not let a caller name another host.
    const status = await new Promise((resolve, reject) => {
      ask(url, { headers: { host: 'attacker.example.com' } }, (response) =>
        resolve(response.resume().statusCode),
      )
        .on('error', reject)
        .end();
    });
    expect(status).toBe(403);
  });

  describeWhere(canStart('chromium'))('in Chromium', () => {
    let browser: Browser;
    let proxy: Server;
    const said: string[] = [];

    beforeAll(async () => {
      // Chromium's own sandbox needs rights that a container's root does not have.
      browser = await chromium.launch({
        executablePath: findProgram('chromium')!,
        args: ['--no-sandbox'],
        timeout: 50_000,
      });
      proxy = await serveBelow('/ci/bridge/', url);
    }, 60_000);
    afterAll(async () => {
      await browser?.close();
      proxy?.closeAllConnections();
      proxy?.close();
    });

    const open = async (path: string, options: Parameters<Browser['newPage']>[0] = {}): Promise<Page> => {
      const page = await browser.newPage(options);
      page.on('console', (message) => said.push(message.text()));
      page.on('pageerror', (error) => said.push(error.message));
      await page.goto(path.startsWith('http') ? path : `${url}/${path}`);
      return page;
    };

    it('shows new tasks by itself', async () => {
      const page = await open('tasks');
      await page.getByText('Live', { exact: true }).waitFor();
      const taskId = pushTask();
      await page.getByRole('link', { name: taskId }).waitFor({ timeout: 20_000 });
      await page.close();
    }, 60_000);

    it('leaves a form alone that somebody fills in, and keeps the focus on what has it', async () => {
      const page = await open('tasks');
      await page.getByText('Live', { exact: true }).waitFor();
      await page.getByLabel('Builder', { exact: true }).fill('Linux');
      const taskId = pushTask();
      await eventually(async () => expect((await read('tasks')).text).toContain(taskId));
      await page.waitForResponse((response) => response.url().endsWith('/tasks'));
      expect(await page.getByLabel('Builder', { exact: true }).inputValue()).toBe('Linux');

      const link = page.locator('td a').first();
      await link.focus();
      const focused = await link.getAttribute('href');
      const next = pushTask();
      await page.getByRole('link', { name: next }).waitFor({ timeout: 20_000 });
      expect(await page.evaluate('document.activeElement.getAttribute("href")')).toBe(focused);
      await page.close();
    }, 60_000);

    it('works below a path of a proxy', async () => {
      const { port } = proxy.address() as AddressInfo;
      const page = await open(`http://127.0.0.1:${port}/ci/bridge/`);
      await page.getByText('Live', { exact: true }).waitFor();
      for (const name of [
        'Tasks',
        'Instances',
        'Kept messages',
        'Paused builders',
        'Configuration',
        'Overview',
      ]) {
        await page.getByRole('link', { name, exact: true }).first().click();
        await page.getByRole('heading', { level: 1, name }).waitFor();
        expect(new URL(page.url()).pathname).toMatch(/^\/ci\/bridge\//);
      }
      await page.close();
    }, 60_000);

    it('can be used with the keyboard alone', async () => {
      const page = await open('');
      await page.keyboard.press('Tab');
      expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content');
      await page.keyboard.press('Enter');
      expect(await page.evaluate('document.activeElement.id')).toBe('main');
      await page.getByLabel('Task id').focus();
      const taskId = pushTask();
      await page.keyboard.type(taskId);
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { level: 1, name: taskId }).waitFor();
      await page.close();
    }, 60_000);

    it('is useful without scripts', async () => {
      const page = await open('tasks', { javaScriptEnabled: false });
      await page.locator('td a').first().click();
      await page.getByRole('heading', { level: 2, name: 'Time line' }).waitFor();
      await page.close();
    }, 60_000);

    it.each([320, 768, 2560])(
      'fits into a window of %s pixels, light and dark',
      async (width) => {
        for (const colorScheme of ['light', 'dark'] as const) {
          const page = await open('', { viewport: { width, height: 800 }, colorScheme });
          for (const path of PAGES) {
            await page.goto(`${url}/${path}`);
            expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
            expect(await page.evaluate(LEAST_CONTRAST)).toBeGreaterThanOrEqual(4.5);
          }
          await page.close();
        }
      },
      60_000,
    );

    it('has names for everything that can be used', async () => {
      const page = await open('tasks');
      const unnamed = await page
        .locator('a, button, input, select, [role=region], svg')
        .evaluateAll((elements) =>
          (
            elements as unknown as {
              ariaLabel: string | null;
              textContent: string;
              labels?: { length: number };
            }[]
          )
            .filter(
              ({ ariaLabel, textContent, labels }) => !ariaLabel && !textContent.trim() && !labels?.length,
            )
            .map(String),
        );
      expect(unnamed).toEqual([]);
      await page.close();
    }, 60_000);

    it('breaks no rule of its own policy, and has no error', () => {
      expect(said).toEqual([]);
    });
  });

  it(`reads a page of rows only, of ${MANY} tasks`, async () => {
    await bridge.sandbox.bridge.read(async (statements) => {
      const now = Math.floor(Date.now() / 1000);
      await statements.change(
        `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
         INSERT INTO tasks (buildrequestId, taskId, runId, createdDate, processedDate, takenUntil, rev)
         SELECT 1000000 + i, 'many-' || i, 0, ?, ?, ? + i, 0 FROM n`,
        [MANY, now, now, now + 100_000],
      );
    });
    const addresses = new Set<string>();
    let next: string | undefined = 'tasks?state=claimed';
    for (let page = 0; page < 3; page++) {
      const { text } = await read(next!);
      expect(text).toContain('50 of 50 rows that were read');
      for (const [, taskId] of text.matchAll(/task\?id=(many-\d+)/g)) addresses.add(taskId!);
      next = /href="(tasks\?[^"]*after=[^"]*)"/.exec(text)?.[1]?.replaceAll('&amp;', '&');
    }
    expect(addresses.size).toBe(150);
    expect((await read('')).text).toMatch(/100,\d{3}/);
  }, 60_000);
});

/** The least contrast between any text and the ground behind it, as WCAG computes it. */
const LEAST_CONTRAST = `(() => {
  const luminance = (colour) => {
    const [red, green, blue] = colour.match(/[\\d.]+/g).map(Number).map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const groundOf = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const { backgroundColor } = getComputedStyle(at);
      if (!backgroundColor.endsWith(', 0)')) return backgroundColor;
    }
    return 'rgb(255, 255, 255)';
  };
  let least = Infinity;
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || element.closest('option, caption')) continue;
    const [one, other] = [luminance(getComputedStyle(element).color), luminance(groundOf(element))];
    least = Math.min(least, (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05));
  }
  return least;
})()`;

/** A proxy that serves another server below a path, as installations have it. */
async function serveBelow(path: string, target: string): Promise<Server> {
  const server = createServer((incoming, outgoing) => {
    if (!incoming.url?.startsWith(path)) return void outgoing.writeHead(404).end();
    const { host: _, ...headers } = incoming.headers;
    ask(`${target}/${incoming.url.slice(path.length)}`, { headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
      outgoing.on('close', () => answer.destroy());
    })
      .on('error', () => outgoing.destroy())
      .end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
