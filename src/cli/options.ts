import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { LEVELS, type Level } from '../domain/match.ts'
import { UserError } from '../domain/errors.ts'

/** The strategies that are shipped: beside `src` in a checkout, beside `dist` when installed. */
export const SHIPPED_STRATEGIES = join(fileURLToPath(new URL('../..', import.meta.url)), 'strategies')

export function parseLevel(text: string): Level {
  const level = LEVELS.find((each) => each === text.toLowerCase())
  if (level === undefined) throw new UserError(`no level ${text}`, { mend: `one of ${LEVELS.join(', ')}` })
  return level
}

/** For options that may be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}
