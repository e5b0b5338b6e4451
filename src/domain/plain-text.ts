/** Control characters, and those that reorder or hide text. */
export const UNSAFE =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g

/** Hostile text made harmless where it is shown: one line, nothing that a terminal obeys, nothing hidden. */
export function plainText(text: string): string {
  return text.replace(/[\t\n]/g, ' ').replace(UNSAFE, escapeUnsafe)
}

/** How an unsafe character is written: `\u001b`. */
export function escapeUnsafe(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** At most so many characters, never half of one; an ellipsis says that there were more. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text
  return `${text.slice(0, length - 1).replace(/[\ud800-\udbff]$/, '')}…`
}
