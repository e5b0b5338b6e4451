import type { Level } from '../domain/match.ts'

/** SGR codes (ECMA-48). */
const COLOURS: Readonly<Record<Level, string>> = {
  informational: '2',
  low: '36',
  medium: '33',
  high: '31',
  critical: '1;31',
}

/** Whether a terminal wants colour: https://no-color.org */
export function wantsColour(terminal: boolean, env: NodeJS.ProcessEnv = process.env): boolean {
  return terminal && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb'
}

/** The level's word in its colour, where it stands first in a text that is safe by now. */
export function painted(text: string, level: Level | undefined): string {
  return level === undefined ? text : text.replace(level, () => `\u001b[${COLOURS[level]}m${level}\u001b[0m`)
}
