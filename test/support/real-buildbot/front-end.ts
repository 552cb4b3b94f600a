import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const FILES = {
  'test_front_end/__init__.py':
    'from buildbot.www.plugin import Application\n\nep = Application("test_front_end", "No front end")\n',
  'test_front_end/VERSION': '1.0\n',
  'test_front_end/static/index.html': '<!doctype html><title>No front end</title>\n',
  'test_front_end-1.0.dist-info/METADATA': 'Metadata-Version: 2.1\nName: test_front_end\nVersion: 1.0\n',
  'test_front_end-1.0.dist-info/entry_points.txt': '[buildbot.www]\nbase = test_front_end:ep\n',
};

/**
 * Writes a Python package that stands in for Buildbot's front end. A master with a web port does not start without the
 * package buildbot-www, which Debian does not have; REST, login and websocket need nothing of it.
 *
 * @param folder where Python finds packages
 */
export async function writeFrontEnd(folder: string): Promise<void> {
  for (const [name, text] of Object.entries(FILES)) {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), text);
  }
}
