import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { zoneSchema } from '../config/words.ts'
import { LEVELS, type Level } from '../domain/match.ts'
import { UserError } from '../domain/errors.ts'

/** What is shipped beside `src` in a checkout, and beside `dist` when installed. */
const SHIPPED = fileURLToPath(new URL('../..', import.meta.url))
export const SHIPPED_STRATEGIES = join(SHIPPED, 'strategies')
/** What an editor checks `tallyman.yaml` against. */
export const CONFIG_SCHEMA = join(SHIPPED, 'docs', 'tallyman.schema.json')
/** Recorded telemetry, for the tour. */
export const TOUR_RECORDINGS = join(SHIPPED, 'tour')
/** The console as it was built. */
export const SHIPPED_CONSOLE = join(SHIPPED, 'web', 'dist')

export function parseLevel(text: string): Level {
  const level = LEVELS.find((each) => each === text.toLowerCase())
  if (level === undefined) throw new UserError(`no level ${text}`, { mend: `one of ${LEVELS.join(', ')}` })
  return level
}

/** For options that may be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}

export function parseZone(text: string): string {
  const zone = zoneSchema.safeParse(text)
  if (!zone.success)
    throw new UserError(`no time zone ${text}`, { mend: 'an IANA name, such as Europe/Berlin' })
  return zone.data
}
