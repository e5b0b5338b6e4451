import type { RuleText } from '../sigma/sigma.ts'
import type { Level } from '../domain/match.ts'

/** The ten sections of the framework, by the name that they have in code. */
export const SECTIONS = [
  'goal',
  'categorization',
  'strategy-abstract',
  'technical-context',
  'blind-spots',
  'false-positives',
  'validation',
  'priority',
  'response',
  'additional-resources',
] as const
export type SectionName = (typeof SECTIONS)[number]

/** Kinds of executable block, with the section that each belongs to. */
export const BLOCK_SECTIONS = {
  rules: 'strategy-abstract',
  assume: 'blind-spots',
  miss: 'blind-spots',
  filter: 'false-positives',
  test: 'validation',
  emulate: 'validation',
  priority: 'priority',
  playbook: 'response',
} as const
export type BlockKind = keyof typeof BLOCK_SECTIONS

export interface Section {
  /** Undefined for a heading that the framework does not know. */
  readonly name: SectionName | undefined
  readonly heading: string
  readonly line: number
  /** Line after its last. */
  readonly end: number
  /** The section's text without its heading, as written. */
  readonly text: string
}

export interface Block {
  readonly kind: string
  readonly section: SectionName | undefined
  readonly text: string
  /** Line of the fence, and of the first line within it. */
  readonly line: number
  readonly contentLine: number
  /** Characters that the fence's container puts before each of its lines (a list's indentation). */
  readonly indent: number
}

/** An ATT&CK technique as a document names it. */
export interface TechniqueRef {
  readonly technique: string
  readonly tactic?: string
  readonly platform?: string
  readonly relation?: string
}

/** A document's filter: applies to matches, before analytics. */
export interface StrategyFilter {
  readonly id: string
  readonly reason: string
  readonly owner: string
  /** YYYY-MM-DD: the end of that day in the site's zone. */
  readonly expires: string
  /** Names or ids of the rules whose matches it suppresses. */
  readonly rules: readonly string[]
  readonly match: Readonly<Record<string, unknown>>
  /** A normalised event that it suppresses: as in `StrategyTest.events`. */
  readonly sample?: Readonly<Record<string, unknown>>
  readonly line: number
}

/** An emulation: real commands whose alert is asserted end to end. */
export interface Emulation {
  readonly id: string
  readonly runner: 'docker' | 'podman' | 'pod' | 'host' | 'replay'
  readonly spec: Readonly<Record<string, unknown>>
  readonly run: string
  readonly cleanup?: string
  readonly expect?: { readonly rule?: string; readonly within?: string; readonly [key: string]: unknown }
  readonly schedule?: string
  readonly line: number
}

/** A measurable claim about telemetry, and what it means for the strategy that it does not hold. */
export interface Assumption {
  readonly id: string
  readonly claim: string
  /** Any one of them is enough. */
  readonly source: readonly string[]
  readonly category?: string
  readonly service?: string
  readonly fields?: readonly string[]
  /** Least share of events in which each field has a value: 1 unless told, where fields are named. */
  readonly min_fill?: number
  /** Longest time without such an event, as 5m. */
  readonly max_silence?: string
  readonly per?: 'node' | 'cluster' | 'container'
  /** Probes of the audit log that have to come back at the level that they need, where it is probed. */
  readonly probes?: readonly string[]
  /** `<source>.<measure>`, or a measure of any one of `source`; see `MEASURES`; between `min` and `max`. */
  readonly metric?: string
  readonly min?: number
  readonly max?: number
  readonly on_fail: 'blind' | 'degraded'
  readonly line: number
}

/** What of a source's records can be bounded. */
export const MEASURES = ['drop_ratio', 'truncated_ratio', 'rate', 'delay', 'ahead'] as const
export type Measure = (typeof MEASURES)[number]

/** The sources and what is measured of each; undefined where nothing is, or the words name no measure. */
export function measuredBy({
  metric = '',
  source,
}: Pick<Assumption, 'metric' | 'source'>):
  | { readonly sources: readonly string[]; readonly measure: Measure }
  | undefined {
  const [, named, name] = /^(?:(.+)\.)?(\w+)$/.exec(metric) ?? []
  const measure = MEASURES.find((each) => each === name)
  return measure === undefined ? undefined : { sources: named === undefined ? source : [named], measure }
}

/** Who approved the document, and until when. Dates are YYYY-MM-DD. */
export interface Review {
  readonly by: readonly string[]
  readonly date?: string
  readonly due?: string
}

export interface StrategyTest {
  readonly id: string
  readonly kind: 'test' | 'miss'
  /** Name or id of the rule. */
  readonly rule: string
  readonly expect: 'fire' | 'silent'
  /** Normalised events: `at`, `category` or `source`, taxonomy fields. */
  readonly events: readonly Readonly<Record<string, unknown>>[]
  /** Raw records in `<id>.d/`, run through their source. */
  readonly file?: string
  readonly claim?: string
  /** Site lists that the test sets. */
  readonly lists?: Readonly<Record<string, readonly string[]>>
  /** Time that passes after the last event: `20m`. */
  readonly until?: string
  readonly line: number
}

export interface Priority {
  readonly default: Level
  /** In order: the first condition that holds decides. */
  readonly when: readonly { readonly if: Readonly<Record<string, unknown>>; readonly then: Level }[]
  readonly line: number
}

export interface PlaybookStep {
  readonly id: string
  readonly stage: string
  readonly do: string
  readonly text?: string
  readonly target?: string
  readonly approval?: string
  readonly line: number
  readonly [key: string]: unknown
}

/** One Markdown document, understood. A prose-only document has sections and nothing else. */
export interface Strategy {
  /** The file's name without its extension. */
  readonly id: string
  readonly file: string
  readonly title: string
  readonly text: string
  readonly hash: string
  readonly frontMatter: Readonly<Record<string, unknown>> | undefined
  readonly version: string | undefined
  readonly status: string | undefined
  readonly owner: string | undefined
  readonly review: Review
  /** What the document is for, as ATT&CK names platforms; the sources that it reads. Empty where it does not say. */
  readonly scope: { readonly platforms: readonly string[]; readonly sources: readonly string[] }
  readonly attack: {
    readonly version: string | undefined
    readonly primary: TechniqueRef | undefined
    readonly observedAs: readonly TechniqueRef[]
  }
  readonly sections: readonly Section[]
  readonly blocks: readonly Block[]
  readonly rules: readonly RuleText[]
  readonly filters: readonly StrategyFilter[]
  readonly tests: readonly StrategyTest[]
  readonly priority: Priority | undefined
  readonly playbook: readonly PlaybookStep[]
  readonly emulations: readonly Emulation[]
  readonly assumptions: readonly Assumption[]
}

/** Whether the document has something that runs; one without is prose, legal at level L0. */
export function isExecutable(strategy: Pick<Strategy, 'frontMatter' | 'blocks'>): boolean {
  return strategy.frontMatter !== undefined || strategy.blocks.length > 0
}

/** A lint finding; `lint --json` prints it as it stands. */
export interface LintFinding {
  readonly id: `ADS${string}`
  readonly severity: 'error' | 'warning' | 'hint'
  readonly file: string
  readonly line: number
  readonly column: number
  readonly message: string
  readonly mend: string
}
