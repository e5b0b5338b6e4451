import { z } from 'zod'
import { parseDuration } from '../domain/day.ts'
import type { EngineLooks } from '../inputs/docker.ts'
import { inputName } from './input-words.ts'
import { durationSchema } from './words.ts'

const LOOK = '15s'

/** A container engine. */
export const dockerSchema = z.strictObject({
  type: z.literal('docker'),
  name: inputName,
  socket: z
    .string()
    .default('/var/run/docker.sock')
    .describe('Socket of Docker’s or Podman’s Engine API; only read'),
  look: durationSchema
    .optional()
    .describe(`How often it is asked which containers run, to compare with the kernel; ${LOOK} unless told`),
  stats: durationSchema
    .optional()
    .describe(
      'How often it is asked what the containers that run use (docker.stats), such as 30s; never unless told',
    ),
  changes: durationSchema
    .optional()
    .describe(
      'How often it is asked what they have other than their image (docker.changes), such as 5m; never unless told',
    ),
})

/** What the engine is asked beside its events; ms. */
export function engineLooks({ look = LOOK, stats, changes }: z.output<typeof dockerSchema>): EngineLooks {
  return {
    running: parseDuration(look),
    stats: stats === undefined ? undefined : parseDuration(stats),
    changes: changes === undefined ? undefined : parseDuration(changes),
  }
}
