import { z } from 'zod'
import { parseDuration } from '../domain/day.ts'
import { durationSchema } from './words.ts'

const DEFAULTS = { lateness: '1m', patience: '15m' } as const

/** `correlations:` of the configuration. */
export const correlationsSchema = z
  .strictObject({
    lateness: durationSchema
      .default(DEFAULTS.lateness)
      .describe(
        'How much later than others of its time a record may arrive; so much later correlations alert',
      ),
    patience: durationSchema
      .default(DEFAULTS.patience)
      .describe('How long correlations wait for an input that is cut; what it brings afterwards may be late'),
  })
  .default(DEFAULTS)
  .describe('For how long rules over several events wait for what is late')

/** The same in ms. */
export function patienceOf({ lateness, patience }: z.output<typeof correlationsSchema>): {
  readonly lateness: number
  readonly patience: number
} {
  return { lateness: parseDuration(lateness) ?? 0, patience: parseDuration(patience) ?? Infinity }
}
