import { z } from 'zod'
import { actions, type SinkOptions } from '../actions/index.ts'
import { durationSchema, nameSchema } from './words.ts'
import { LEVELS } from '../domain/match.ts'
import type { Route } from '../domain/notice.ts'

/** What every sink has, whatever its type. */
const routing = {
  name: nameSchema('Unique name: what was told already is kept under it'),
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
      within: durationSchema.default('1m').describe('The span'),
    })
    .default({ over: 10, within: '1m' })
    .describe('When many messages become one'),
  giveUpAfter: durationSchema.default('3d').describe('How long delivery is tried; then it is a dead letter'),
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
