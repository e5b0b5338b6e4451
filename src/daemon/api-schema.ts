import { z } from 'zod'
import { KEY_STATES } from '../baseline-report.ts'
import { INCIDENT_KINDS, STATUSES, VERDICTS } from '../domain/alert.ts'
import { endOfDay, parseDuration } from '../domain/day.ts'
import { LEVELS } from '../domain/match.ts'
import { NOTIFICATION_STATES } from '../domain/notice.ts'

/** Requests to the API. Whatever is not named here is refused by name. */

const limit = z.coerce.number().int().min(1).max(500)
const level = z.enum(LEVELS).describe('This level and above')
/** SQLite's functions on text stop at a NUL. */
const text = z
  .string()
  .max(256)
  .refine((written) => !written.includes('\0'), 'text without a NUL character')
const id = z.string().min(1).max(128)
const cursor = z.string().regex(/^-?\d{1,16}\.[\w-]{1,128}$/, '`next` of the page before')
const owner = z.string().trim().min(1).max(128)
const reason = z.string().trim().min(1).max(2_048)

/** JSON of the values of a baseline's key. */
const baselineKey = z
  .string()
  .max(4_096)
  .refine((written) => !written.includes('\0'), 'text without a NUL character')
const baselineValue = baselineKey
const exportedKey = z.strictObject({
  strategy: text,
  rule: text,
  hash: z.string().regex(/^[0-9a-f]{32}$/),
  key: baselineKey,
  state: z.array(z.unknown()),
  past: z.array(z.unknown()).optional(),
  status: z.enum(['learning', 'armed', 'drifted']),
  last: z.number(),
  deadline: z.number().optional(),
  expires: z.number(),
})

export function createSchemas(now: () => number) {
  const time = z
    .string()
    .max(40)
    .transform((written, context) => {
      const ago = parseDuration(written)
      if (ago !== undefined) return now() - ago
      const parsed = z.iso.datetime({ offset: true }).safeParse(written)
      if (parsed.success) return Date.parse(written)
      context.addIssue('a time such as 2026-11-21T10:02:00Z, or how long ago: 2h')
      return z.NEVER
    })
  const expires = z
    .string()
    .refine((day) => endOfDay(day, 'UTC') !== undefined, 'a day: YYYY-MM-DD')
    // The site's zone is not the request's to know: over is what is over in every zone.
    .refine((day) => (endOfDay(day, 'Etc/GMT+12') ?? Infinity) > now(), 'a day that is not over yet')
  const page = { limit: limit.optional(), after: cursor.optional() }
  const interval = { since: time.optional(), until: time.optional() }
  const filter = { level: level.optional(), status: z.enum(STATUSES).optional(), text: text.optional() }
  const ofIncidents = {
    // What was there at the first start is a report, and in the queue only for whoever asks for it.
    kind: z.enum(INCIDENT_KINDS).default('incident'),
    strategy: id.optional(),
    entity: text.optional(),
  }

  return {
    alerts: z.strictObject({
      ...page,
      ...interval,
      ...filter,
      strategy: id.optional(),
      rule: text.optional(),
      incident: id.optional(),
    }),
    incidents: z.strictObject({ ...page, ...interval, ...filter, ...ofIncidents }),
    histogram: z.strictObject({ ...interval, ...filter, ...ofIncidents }),
    posture: z.strictObject({ ...page, ...filter, strategy: id.optional() }),
    baselineKeys: z.strictObject({
      rule: text,
      status: z.enum(KEY_STATES).optional(),
      text: text.optional(),
      limit: limit.optional(),
      after: baselineKey.optional(),
    }),
    baselineSearch: z.strictObject({
      status: z.enum(KEY_STATES).optional(),
      text: text.optional(),
      limit: limit.optional(),
    }),
    baselineAbout: z
      .strictObject({ incident: id.optional(), container: id.optional() })
      .refine(
        ({ incident, container }) => (incident === undefined) !== (container === undefined),
        'whom it is about: incident or container',
      ),
    baselineKey: z.strictObject({ rule: text, key: baselineKey }),
    baselineChange: z.strictObject({ rule: text, key: baselineKey, value: baselineValue.optional() }),
    baselineImport: z.strictObject({ rows: z.array(exportedKey).min(1).max(10_000) }),
    notifications: z.strictObject({
      ...page,
      state: z.enum(NOTIFICATION_STATES).optional(),
      sink: id.optional(),
    }),
    retrySink: z.strictObject({ sink: id }),
    few: z.strictObject({ limit: limit.optional() }),
    close: z.strictObject({ verdict: z.enum(VERDICTS), note: z.string().trim().max(2_048).default('') }),
    adopt: z.strictObject({ alerts: z.array(id).min(1).max(500).optional(), expires, owner, reason }),
    silence: z.strictObject({
      match: searchIdentifier,
      rules: z.array(z.string().min(1).max(256)).min(1).max(100).optional(),
      for: z
        .string()
        .max(40)
        .transform((written, context) => {
          const duration = parseDuration(written)
          if (duration !== undefined && duration > 0 && duration <= LONGEST_SILENCE) return duration
          context.addIssue('a duration of at most 52w: 30m, 2h, 14d')
          return z.NEVER
        }),
      owner,
      reason,
    }),
  }
}

/** Silences are for a while; what stays is a filter. ms. */
const LONGEST_SILENCE = 52 * 7 * 86_400_000

const scalar = z.union([
  z.string().max(2_048),
  z.number().refine((n) => !Number.isInteger(n) || Number.isSafeInteger(n), 'beyond 2^53: write it as text'),
  z.boolean(),
  z.null(),
])

/** A Sigma search identifier: values are flat, so that nothing nests without end. */
const searchIdentifier = z
  .record(z.string().min(1).max(256), z.union([scalar, z.array(scalar).min(1).max(256)]))
  .refine(
    (match) => Object.keys(match).length > 0,
    'at least one field: what matches everything silences everything',
  )
  .refine((match) => Object.keys(match).length <= 64, 'at most 64 fields')
