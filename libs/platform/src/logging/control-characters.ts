/**
 * Characters that control a terminal or an editor instead of being shown: DEL, C1 controls, line and paragraph separators, and
 * those that change the direction of text. JSON itself escapes only C0 controls.
 */
const OBEYED = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Escapes these characters in a line of JSON; its value stays the same. */
export function escapeControls(line: string): string {
  return line.replace(OBEYED, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
