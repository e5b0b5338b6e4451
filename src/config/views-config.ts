import { z } from 'zod'
import { parseDuration } from '../domain/day.ts'
import { durationSchema } from './words.ts'

const DEFAULTS = { bound: '30s' } as const

/** `views:` of the configuration. */
export const viewsSchema = z
  .strictObject({
    bound: durationSchema
      .default(DEFAULTS.bound)
      .describe('What differs for less long is a container that starts or ends'),
  })
  .default(DEFAULTS)
  .describe('How long orchestrator, runtime and kernel may know different containers of a machine')

/** The same in ms. */
export function viewsBound({ bound }: z.output<typeof viewsSchema>): number {
  return parseDuration(bound) ?? 0
}
