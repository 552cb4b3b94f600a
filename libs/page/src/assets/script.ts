/**
 * Keeps a page up to date: when the reflector tells that something has changed, the page is read again and its content
 * replaced. Without the script, or without a connection, the page is what it was when it was loaded.
 */
export const SCRIPT = `'use strict';
{
  const { root } = document.currentScript.dataset;
  const live = document.querySelector('#live');
  const say = (text) => { if (live.textContent !== text) live.textContent = text; };
  let isReading = false;
  let isWanted = false;

  const isInUse = (main) => {
    const { activeElement } = document;
    const selection = getSelection();
    return (main.contains(activeElement) && activeElement.matches('input, select')) ||
      (selection !== null && !selection.isCollapsed && main.contains(selection.anchorNode));
  };

  // The link or region that has the focus keeps it: it is found again by what it is.
  const nameOf = (element) => element && (element.id || element.getAttribute('href') || element.getAttribute('aria-label'));

  const replace = (fresh) => {
    const main = document.querySelector('main');
    if (!fresh || isInUse(main) || main.innerHTML === fresh.innerHTML) return;
    const focused = main.contains(document.activeElement) ? nameOf(document.activeElement) : null;
    main.replaceChildren(...fresh.childNodes);
    if (focused === null) return;
    const same = [...main.querySelectorAll('a, [tabindex]')].find((element) => nameOf(element) === focused);
    if (same) same.focus({ preventScroll: true });
  };

  const read = async () => {
    if (isReading || document.hidden) { isWanted = true; return; }
    isReading = true;
    isWanted = false;
    try {
      const response = await fetch(location.href, { headers: { accept: 'text/html' } });
      const text = await response.text();
      if (response.headers.get('content-type')?.startsWith('text/html'))
        replace(new DOMParser().parseFromString(text, 'text/html').querySelector('main'));
    } catch {
      // The event source tells when the reflector cannot be reached.
    }
    // Many changes in a row are shown every other second.
    setTimeout(() => { isReading = false; if (isWanted) void read(); }, 2000);
  };

  const source = new EventSource(root + 'events');
  source.addEventListener('open', () => say('Live'));
  source.addEventListener('error', () => say('Not connected to the reflector; this page may be out of date'));
  source.addEventListener('change', () => void read());
  document.addEventListener('visibilitychange', () => { if (!document.hidden && isWanted) void read(); });
}
`;
