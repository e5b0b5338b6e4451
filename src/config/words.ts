import { z } from 'zod'
import { parseDuration } from '../domain/day.ts'

/** A name that something is kept under; `meaning` says what, for whoever writes it. */
export function nameSchema(meaning: string) {
  return z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'lower-case letters, digits, dots, dashes; at most 64')
    .describe(meaning)
}

/** A length of time, as people write it. */
export const durationSchema = z
  .string()
  .refine((text) => (parseDuration(text) ?? 0) > 0, 'a duration such as 90s, 30m, 3d')

/** An IANA time zone, such as Europe/Berlin. */
export const zoneSchema = z
  .string()
  .default('UTC')
  .refine((zone) => isZone(zone), 'an IANA time zone, such as Europe/Berlin')

function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
