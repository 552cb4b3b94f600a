import { html, type Markup } from './html.js';

/** What stands on one address. */
export interface View {
  title: string;
  /** Which entry of the navigation it belongs to. */
  section: Section;
  main: Markup;
  /** HTTP status; default 200. */
  status?: number;
}

const SECTIONS = {
  '': 'Overview',
  tasks: 'Tasks',
  instances: 'Instances',
  messages: 'Kept messages',
  pauses: 'Paused builders',
  configuration: 'Configuration',
} as const;

export type Section = keyof typeof SECTIONS;

/**
 * A whole document. Every address in it is relative, so that a proxy may serve it below any path.
 *
 * @param root the way from the address of the document to the overview, such as `./` or `../`
 */
export function showDocument({ title, section, main }: View, root: string, version: string): string {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} - Buildbot Bridge</title>
        <link rel="stylesheet" href="${root}page.css" />
        <link rel="icon" href="data:," />
        <script src="${root}page.js" data-root="${root}" defer></script>
      </head>
      <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header>
          <span class="name">Buildbot Bridge</span>
          <nav aria-label="Sections">
            ${Object.entries(SECTIONS).map(
              ([path, name]) =>
                html`<a href="${root}${path}" ${path === section ? html`aria-current="page"` : ''}
                  >${name}</a
                > `,
            )}
          </nav>
          <form action="${root}task" method="get" role="search">
            <label for="find">Task id</label>
            <input id="find" name="id" size="24" maxlength="40" autocomplete="off" spellcheck="false" />
            <button>Explain</button>
          </form>
        </header>
        <main id="main" tabindex="-1">
          <h1>${title}</h1>
          ${main}
        </main>
        <footer><span>Version ${version}, read-only</span> <span id="live" role="status"></span></footer>
      </body>
    </html>`;
  return page.text;
}
