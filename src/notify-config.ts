import { z } from 'zod'
import { actions, type SinkOptions } from './actions/index.ts'
import { parseDuration } from './domain/day.ts'
import { LEVELS } from './domain/match.ts'
import type { Route } from './domain/notice.ts'

const duration = z
  .string()
  .refine((text) => (parseDuration(text) ?? 0) > 0, 'a duration such as 90s, 30m, 3d')

/** What every sink has, whatever its type. */
const routing = {
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'lower-case letters, digits, dots, dashes; at most 64')
    .describe('Unique name: what was told already is kept under it'),
  level: z.enum(LEVELS).default('high').describe('Incidents from this level on'),
  strategies: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('Ids of strategies whose alerts count; all unless told'),
  findings: z.boolean().default(false).describe('Tell also of intervals in which nothing was seen'),
  digest: z
    .strictObject({
      over: z
        .number()
        .int()
        .min(1)
        .max(100_000)
        .default(10)
        .describe('Messages within the span; more become one digest'),
      within: duration.default('1m').describe('The span'),
    })
    .default({ over: 10, within: '1m' })
    .describe('When many messages become one'),
  giveUpAfter: duration.default('3d').describe('How long delivery is tried; then it is a dead letter'),
}

/** How a sink is told, and of what. */
export type SinkConfig = SinkOptions & z.output<z.ZodObject<typeof routing>>

/** One sink of the configuration: the options of its action, and what it wants. */
export const sinkSchema = z.discriminatedUnion(
  'type',
  // Each is the strict object of an action; that all of them have the same keys beside is for the compiler.
  actions.map(({ options }) => options.safeExtend(routing)) as unknown as [
    z.ZodObject<{ type: z.ZodLiteral<string> }>,
  ],
) as unknown as z.ZodType<SinkConfig>

/** What the pure part needs to know of the sinks. */
export function routesOf(sinks: readonly SinkConfig[]): readonly Route[] {
  return sinks.map(({ name, level, strategies, findings }) => ({ sink: name, level, strategies, findings }))
}

/** Strategies that sinks name and that there are not: nothing will be told of them. `sigma` stands for plain rules. */
export function unknownStrategies(
  sinks: readonly SinkConfig[],
  ids: readonly string[],
): readonly { readonly sink: string; readonly strategy: string }[] {
  return sinks.flatMap(({ name, strategies = [] }) =>
    strategies
      .filter((strategy) => strategy !== 'sigma' && !ids.includes(strategy))
      .map((strategy) => ({ sink: name, strategy })),
  )
}
