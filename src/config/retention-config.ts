import { z } from 'zod'
import { durationSchema } from './words.ts'
import { parseDuration } from '../domain/day.ts'
import type { RetentionBounds } from '../store/retention.ts'

const UNITS = { MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 } as const
const DEFAULTS = { closed: '90d', open: '365d', findings: '90d', size: '10GiB' } as const

const sizeSchema = z
  .string()
  .refine(
    (text) => (parseSize(text) ?? 0) >= 64 * UNITS.MiB,
    'a size of at least 64MiB, such as 500MiB or 10GiB',
  )

/** `retention:` of the configuration. */
export const retentionSchema = z
  .strictObject({
    closed: durationSchema
      .default(DEFAULTS.closed)
      .describe('Closed incidents, with alerts and evidence, since their last change; dead letters too'),
    open: durationSchema
      .default(DEFAULTS.open)
      .describe('Open incidents since their last match; that they are removed is a finding'),
    findings: durationSchema.default(DEFAULTS.findings).describe('Findings since they were made'),
    size: sizeSchema
      .default(DEFAULTS.size)
      .describe('What the store may hold; beyond it the oldest closed incidents go, then open ones'),
  })
  .refine(({ closed, open }) => (parseDuration(open) ?? 0) >= (parseDuration(closed) ?? 0), {
    message: 'not shorter than closed: what nobody has looked at stays longer',
    path: ['open'],
  })
  .default(DEFAULTS)
  .describe('How long what is stored stays')

export function boundsOf({
  closed,
  open,
  findings,
  size,
}: z.output<typeof retentionSchema>): RetentionBounds {
  const age = (text: string): number => parseDuration(text) ?? Infinity
  return { closed: age(closed), open: age(open), findings: age(findings), size: parseSize(size) ?? Infinity }
}

/** Bytes; undefined where it is no size. */
function parseSize(text: string): number | undefined {
  const found = /^(\d{1,6})(MiB|GiB|TiB)$/.exec(text.trim())
  return found === null ? undefined : Number(found[1]) * UNITS[found[2] as keyof typeof UNITS]
}
