import { z } from 'zod'

const text = (length: number) => z.string().max(length)
const time = z.number().int().min(0).max(8.64e15)
const place = z.strictObject({
  number: z.number().int().min(0),
  digest: z.string().regex(/^(?:[0-9a-f]{32})?$/),
})

/** Where an agent POSTs. */
export const AGENT_PATH = '/v1/agent'

/** Why a spool begins: the agent's first; or the daemon and the spool before do not go together. */
export const BEGINNINGS = ['new', 'restored', 'forked', 'unknown'] as const
export type Beginning = (typeof BEGINNINGS)[number]

/** What an agent says of itself with each request. All of it is its own word. */
export const agentHello = z.strictObject({
  format: z.literal(1),
  version: text(64),
  hostname: text(256),
  /** The spool's name, and why it begins where it is new to the daemon. */
  spool: z.string().regex(/^[0-9a-f]{32}$/),
  begins: z.enum(BEGINNINGS).optional(),
  /** What stands before the entries that follow. */
  before: place,
  /** The newest entry of the spool. */
  last: z.number().int().min(0),
  /** Its clock, and when the oldest entry was kept that was not sent before; ms. */
  now: time,
  oldest: time.optional(),
  bytes: z.number().int().min(0),
  bound: z.number().int().min(0),
  /** Since when there is no room, ms. */
  full: time.optional(),
  inputs: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/),
        type: z.string().regex(/^[a-z]{1,32}$/),
        awaited: z.literal(true).optional(),
        reach: z
          .discriminatedUnion('kind', [
            z.strictObject({ kind: z.literal('caught-up'), until: z.number() }),
            z.strictObject({ kind: z.literal('behind') }),
            z.strictObject({ kind: z.literal('cut'), since: z.number() }),
          ])
          .optional(),
      }),
    )
    .max(256),
})
export type AgentHello = z.infer<typeof agentHello>
