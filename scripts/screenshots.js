// Makes docs/images from the page of a sandbox at work: npm run screenshots. Needs Chromium (CHROMIUM=path, or in PATH).
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright-core';

const IMAGES = 'docs/images';

const executablePath =
  process.env.CHROMIUM ?? execFileSync('sh', ['-c', 'command -v chromium'], { encoding: 'utf8' }).trim();
const sandbox = spawn(process.execPath, ['dist/sandbox/main.js', '--keep', '--tasks', '120'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
try {
  const [page, rootUrl] = await readAddresses();
  for (const builder of ['oak idle', 'oak idle', 'oak build']) createTask(rootUrl, `Linux x86-64 ${builder}`);
  const task = createTask(rootUrl, 'Linux x86-64 oak idle');
  await sleep(5000);
  mkdirSync(IMAGES, { recursive: true });
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  const shots = [
    ['overview', '', 'light'],
    ['tasks', 'tasks', 'light'],
    ['task', `task?id=${task}`, 'dark'],
  ];
  for (const [name, path, colorScheme] of shots) {
    const tab = await browser.newPage({ viewport: { width: 1200, height: 760 }, colorScheme });
    await tab.goto(page + path);
    await tab.getByText('Live', { exact: true }).waitFor();
    await tab.screenshot({ path: `${IMAGES}/${name}.png` });
    await tab.close();
    console.log(`${IMAGES}/${name}.png`);
  }
  await browser.close();
} finally {
  sandbox.kill('SIGTERM');
}

/** The addresses of the page and of Taskcluster, when the mix has ended. */
async function readAddresses() {
  let said = '';
  for await (const chunk of sandbox.stdout) {
    said += chunk;
    const [, page] = /The page for operators: (\S+)/.exec(said) ?? [];
    const [, rootUrl] = /npm run --silent task -- (\S+)\n/.exec(said) ?? [];
    if (page && rootUrl) return [page, rootUrl];
  }
  throw new Error(`the sandbox has ended:\n${said}`);
}

function createTask(rootUrl, builder) {
  return execFileSync(process.execPath, ['dist/sandbox/create-task.js', rootUrl, '--builder', builder], {
    encoding: 'utf8',
  }).trim();
}
