import { z } from 'zod'
import { endOfDay } from '../domain/day.ts'
import { LEVELS } from '../domain/match.ts'

const text = z.string().min(1)
const day = z
  .string()
  .refine((value) => endOfDay(value, 'UTC') !== undefined, 'there is no such day: write YYYY-MM-DD')
const duration = z.string().regex(/^\d{1,6}(?:ms|s|m|h|d|w)$/, 'write a duration as 30s, 5m, 24h or 7d')
const names = z.union([text.transform((one) => [one]), z.array(text)])
const record = z.record(z.string(), z.unknown())
const fields = z.record(z.string(), z.unknown()).describe('Field → value, as in a Sigma search identifier')
const events = z
  .array(record)
  .describe(
    'Normalised events: at, category or source, then fields of the taxonomy and resource attributes; repeat: {every: 1h, for: 14d, vary: {field: [values]}} stands for a history',
  )
const lists = z
  .record(z.string(), z.array(z.union([text, z.number()]).transform(String)))
  .describe('Site lists that hold for this test; a list that is not named is unset')

const technique = z.strictObject({
  technique: text.describe('ATT&CK technique id: T1560.003'),
  tactic: text.optional().describe('Short name of the tactic: collection'),
  platform: text.optional().describe('A platform as ATT&CK names it, or PRE'),
  relation: text
    .optional()
    .describe('How what is observed relates to the primary technique: precursor, follow-on, part'),
})

export const frontMatterSchema = z.strictObject({
  ads: z.literal(1).describe('Version of this document form'),
  id: text.optional().describe('The file name without its extension'),
  title: text.optional().describe('A singular event'),
  status: z.enum(['draft', 'review', 'production', 'retired']).optional(),
  version: z
    .union([text, z.number().transform(String)])
    .optional()
    .describe('Semantic version of the document'),
  owner: z
    .union([text, z.strictObject({ team: text, contact: text.optional() })])
    .optional()
    .describe('Who keeps the document true'),
  review: z
    .strictObject({ by: names.optional(), date: day.optional(), due: day.optional() })
    .optional()
    .describe('Who approved it, when, and when it has to be looked at again'),
  attack: z
    .strictObject({
      version: z
        .union([text, z.number().transform(String)])
        .optional()
        .describe('ATT&CK version it was written for'),
      primary: technique.optional(),
      observed_as: z.array(technique).optional().describe('What sensors can see; coverage is counted here'),
    })
    .optional(),
  scope: z
    .strictObject({ platforms: names.optional(), sources: names.optional() })
    .optional()
    .describe('ATT&CK platforms, and sources that it reads'),
})

export const assumeSchema = z.strictObject({
  id: text,
  claim: text.describe('The assumption in one sentence'),
  source: names.optional().describe('The source that has to tell it, or several of which one is enough'),
  category: text.optional(),
  service: text.optional(),
  fields: z.array(text).optional().describe('Fields that have to be filled'),
  min_fill: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe('Least share of events in which each field is filled'),
  max_silence: duration.optional().describe('Longest time without such an event'),
  per: z.enum(['node', 'cluster', 'container']).optional(),
  probes: z
    .array(text)
    .optional()
    .describe('Requests that the audit log has to show, where it is probed: secrets, pods/exec, …'),
  metric: text
    .optional()
    .describe(
      '<source>.drop_ratio, truncated_ratio, rate (a second), delay or ahead (seconds); without <source>. of any of source',
    ),
  min: z.number().optional(),
  max: z.number().optional(),
  on_fail: z.enum(['blind', 'degraded']).describe('What a failure means for the strategy'),
})

const testParts = {
  id: text,
  claim: text.optional().describe('What the test shows, in one sentence'),
  rule: text.describe('Name or id of the rule'),
  events: events.optional(),
  file: text.optional().describe('Raw records in <id>.d/, run through their source'),
  lists: lists.optional(),
  until: duration.optional().describe('Time that passes after the last event'),
}

export const testSchema = z.strictObject({ ...testParts, expect: z.enum(['fire', 'silent']) })
export const missSchema = z.strictObject(testParts)

export const filterSchema = z.strictObject({
  id: text,
  reason: text,
  owner: text.optional(),
  expires: day.optional().describe('Its last day'),
  rules: names.describe('Names or ids of the rules whose matches it suppresses'),
  match: fields,
  review_if: z
    .strictObject({ share_of_hits_over: z.number().min(0).max(1), window: duration.optional() })
    .optional(),
  sample: record.optional().describe('An event that it suppresses'),
})

export const emulateSchema = z.strictObject({
  id: text,
  runner: z.enum(['docker', 'podman', 'pod', 'host', 'replay']),
  spec: record.optional().describe('image (pinned) or rootfs, network, ttl, …'),
  ttl: duration.optional(),
  file: text.optional().describe('Recorded records in <id>.d/, for the runner replay'),
  run: text.optional().describe('Commands, one a line'),
  cleanup: text.optional(),
  expect: z
    .looseObject({
      rule: text,
      within: duration.optional(),
      at_most: z.number().int().optional(),
      where: fields.optional(),
    })
    .optional(),
  schedule: duration.optional().describe('Makes it a canary'),
})

const level = z.enum(LEVELS)
export const prioritySchema = z.strictObject({
  default: level,
  when: z
    // oxlint-disable-next-line unicorn/no-thenable -- the key is the document format's
    .array(z.strictObject({ if: fields, then: level }))
    .optional()
    .describe('In order: the first condition that holds decides'),
})

export const playbookSchema = z.looseObject({
  id: text,
  stage: z.enum([
    'preparation',
    'identification',
    'containment',
    'eradication',
    'recovery',
    'lessons-learned',
  ]),
  do: text.describe('ask, evidence.capture, network.isolate, workload.delete, …'),
  text: text.optional(),
  target: text.optional(),
  approval: text.optional(),
  needs: names.optional(),
  undo: text.optional(),
  ttl: duration.optional(),
})
