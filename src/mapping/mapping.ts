import { z } from 'zod'
import { parsePath } from './path.ts'

/** What may be made of a value; lists are taken member by member, but by `joined`. */
export const CONVERSIONS = [
  'lowercase',
  'uppercase',
  'text',
  'number',
  'octal',
  'hexadecimal',
  'words',
  'joined',
  'basename',
  'dirname',
  'address',
  'image-name',
  'image-tags',
  'image-digests',
  'seconds',
  'milliseconds',
  'microseconds',
  'nanoseconds',
] as const
export type Conversion = (typeof CONVERSIONS)[number]

/** How a time is written: RFC 3339, or a count since 1970. */
export const CLOCKS = ['rfc3339', 'seconds', 'milliseconds', 'microseconds', 'nanoseconds'] as const
export type Clock = (typeof CLOCKS)[number]

/** So much of each there may be: all of it is asked of every record. */
const MAX = { kinds: 64, fields: 128, conditions: 16, alternatives: 16, words: 256 } as const

const scalar = z.union([z.string(), z.number(), z.boolean()])
const path = z
  .string()
  .max(512)
  .refine(
    (text) => parsePath(text) !== undefined,
    'write names parted by dots (a.b.0.c), at most 16, \\. for a dot within a name, and ** only before the last',
  )
const oneOrMore = z.union([path, z.array(path).min(1).max(MAX.alternatives)])

const steps = {
  path: oneOrMore.optional().describe('Where it stands; of several the first that is there'),
  all: z
    .array(path)
    .min(2)
    .max(MAX.alternatives)
    .optional()
    .describe('Several values that make one, with join; nothing where one of them is missing'),
  join: z.string().max(16).default(' ').describe('What stands between the values of all'),
  value: z
    .union([scalar, z.array(scalar).max(MAX.words)])
    .optional()
    .describe('A constant'),
  pair: z.string().min(1).max(64).optional().describe('Of a text such as “a=1 b=2” the value of this name'),
  split: z.string().min(1).max(8).optional().describe('Parts of the text between these, as a list'),
  member: z.number().int().min(0).max(255).optional().describe('One member of a list, from 0'),
  as: z
    .union([z.enum(CONVERSIONS), z.array(z.enum(CONVERSIONS)).max(8)])
    .optional()
    .describe('Conversions, one after the other'),
  map: z
    .record(z.string(), scalar)
    .optional()
    .describe('Other words for values; those that it does not name stay'),
}

const isOne = (of: Readonly<Record<string, unknown>>): boolean =>
  ['path', 'all', 'value'].filter((key) => of[key] !== undefined).length === 1
const ONE = 'write one of path, all and value'

const anyOf = z.union([scalar, z.array(scalar).min(1).max(MAX.words)])
const condition = z.union([
  path,
  z
    .strictObject({
      ...steps,
      is: anyOf.optional().describe('The values of which it, or a member of it, must be one'),
      not: anyOf.optional().describe('The values of which it must be none; missing is none'),
    })
    .refine(isOne, ONE),
])
const value = z.union([
  path,
  z
    .strictObject({
      ...steps,
      when: z
        .array(condition)
        .max(MAX.conditions)
        .optional()
        .describe('What must hold of the record; else it has no such value'),
    })
    .refine(isOne, ONE),
])
const fields = z
  .record(z.string(), value)
  .default({})
  .refine((of) => Object.keys(of).length <= MAX.fields, `at most ${MAX.fields} fields`)
const logsource = z
  .strictObject({
    product: z.string().min(1).optional(),
    category: z.string().min(1).optional(),
    service: z.string().min(1).optional(),
  })
  .refine((of) => Object.keys(of).length > 0, 'name a product, a category or a service')

/** What the configuration and the shipped files describe: a JSON format, and what its records are to rules. */
export const mappingSchema = z.strictObject({
  title: z.string().min(1).max(120).optional().describe('What it reads, for people'),
  recognise: z
    .array(condition)
    .min(1)
    .max(MAX.conditions)
    .describe('What holds of every record of this format and of no other: paths that are there, values'),
  time: z
    .union([path, z.strictObject({ path: oneOrMore, as: z.enum(CLOCKS).default('rfc3339') })])
    .describe('When it happened, in RFC 3339 or as a count; records without one have the time of arrival'),
  id: z
    .array(value)
    .min(1)
    .max(8)
    .optional()
    .describe('What together names a record for good: one that comes again is a duplicate'),
  resource: z
    .record(z.string(), value)
    .default({})
    .describe('Where it happened, by OpenTelemetry’s attribute (docs/fields.md)'),
  fields: fields.describe('Fields that all kinds have, but for those that say own'),
  kinds: z
    .array(
      z.strictObject({
        when: z
          .array(condition)
          .max(MAX.conditions)
          .default([])
          .describe('Of these records; all unless told'),
        logsource: logsource.describe('For which rules it is'),
        also: z.array(logsource).max(4).default([]).describe('For which others'),
        own: z
          .boolean()
          .default(false)
          .describe('The record’s own members are fields too, by their dotted paths'),
        fields: fields.describe('Sigma’s name of a field, and where it stands'),
      }),
    )
    .min(1)
    .max(MAX.kinds)
    .describe('What records are: one event for each kind that fits'),
})
export type MappingFile = z.infer<typeof mappingSchema>
export type MappedKind = MappingFile['kinds'][number]
export type ValueWords = z.infer<typeof value>
export type ConditionWords = z.infer<typeof condition>
