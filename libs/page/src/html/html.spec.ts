import { describe, expect, it } from '@jest/globals';
import { html } from './html.js';

describe('html', () => {
  it('escapes text, in elements and in attributes', () => {
    expect(html`<a title="${'"\'<>&'}">${'<b>'}</a>`.text).toBe(
      '<a title="&quot;&#39;&lt;&gt;&amp;">&lt;b&gt;</a>',
    );
  });

  it('puts markup in as it is, also in lists', () => {
    const items = [1, 2].map((n) => html`<li>${n}</li>`);
    expect(
      html`<ul>
        ${items}
      </ul>`.text.replace(/>\s+</g, '><'),
    ).toBe('<ul><li>1</li><li>2</li></ul>');
  });

  it('leaves out what is not there, and keeps zero', () => {
    expect(html`${null}${undefined}${false}${0}`.text).toBe('0');
  });

  it('has blanks in the place of characters that cannot be seen', () => {
    expect(html`${'a\u202eb\u0000c\u0085d'}`.text).toBe('a b c d');
  });
});
