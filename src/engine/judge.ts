import { endOfDay } from '../domain/day.ts'
import type { Problem } from '../domain/errors.ts'
import type { Level, Match, Rating } from '../domain/match.ts'
import { compilePredicate, type EventPredicate, type Lists, type LoadedRule } from '../sigma/sigma.ts'
import type { Site } from '../site/site.ts'
import type { Strategy } from '../strategy/strategy.ts'
import type { RatedMatch } from './alerting.ts'

/** Decides about matches before analytics: holds back what a filter or silence names, and rates the rest. */
export interface Judge {
  /** The id of the filter or silence that holds the match back, or undefined. */
  suppressedBy(match: Match): string | undefined
  rate(match: Match): RatedMatch
}

/** One filter, silence or switched-off rule, ready to apply. */
interface Hold {
  readonly id: string
  /** Ids of the rules that it is for; undefined for all. */
  readonly rules: ReadonlySet<string> | undefined
  /** Applies until then, ms. */
  readonly until: number
  readonly predicate: EventPredicate
}

export interface JudgeParts {
  readonly strategies: readonly Strategy[]
  readonly rules: readonly LoadedRule[]
  readonly site: Site
  readonly lists: Lists
  /** IANA zone in which days end. */
  readonly zone: string
  readonly now: () => number
}

/** Compiles filters, silences and priorities; what does not compile is told and does not apply. */
export function createJudge(parts: JudgeParts): {
  readonly judge: Judge
  readonly problems: readonly Problem[]
} {
  const problems: Problem[] = []
  const holds = holdsOf(parts, problems)
  const priorities = prioritiesOf(parts, problems)
  const settings = new Map(
    Object.entries(parts.site.rules).flatMap(([name, setting]) =>
      ruleIds(parts.rules, [name]).map((id) => [id, setting]),
    ),
  )
  const settingOf = ({ rule }: Match): Site['rules'][string] | undefined => {
    const setting = settings.get(rule.id)
    const until = setting?.expires === undefined ? Infinity : (endOfDay(setting.expires, parts.zone) ?? 0)
    return parts.now() < until ? setting : undefined
  }
  const judge: Judge = {
    suppressedBy(match) {
      if (settingOf(match)?.enabled === false) return `site/rules.yaml:${match.rule.id}`
      const now = parts.now()
      return holds.find(
        ({ rules, until, predicate }) =>
          now < until && (rules === undefined || rules.has(match.rule.id)) && predicate(match.event),
      )?.id
    },
    rate(match) {
      const site = settingOf(match)?.level
      if (site !== undefined) return rated(match, site, { by: 'site', rule: match.rule.level })
      const held = priorities.get(match.rule.strategy)?.find(({ predicate }) => predicate(match.event))
      if (held === undefined) return { match, level: match.rule.level }
      const { level, condition } = held
      return rated(match, level, { by: 'priority', rule: match.rule.level, condition })
    },
  }
  return { judge, problems }
}

/** A level that is the rule's anyhow needs no reason. */
function rated(match: Match, level: Level, rating: Rating): RatedMatch {
  return level === match.rule.level ? { match, level } : { match, level, rating }
}

/** Values of the lists that have not expired, by name. */
export function listsOf(site: Site, zone: string, now: number): Lists {
  return new Map(
    [...site.lists]
      .filter(([, { expires }]) => expires === undefined || now < (endOfDay(expires, zone) ?? 0))
      .map(([name, { values }]) => [name, values]),
  )
}

/** Whether a list expired between two instants, ms. */
export function listExpired(site: Site, zone: string, since: number, until: number): boolean {
  return [...site.lists.values()].some(({ expires }) => {
    const end = expires === undefined ? undefined : endOfDay(expires, zone)
    return end !== undefined && end > since && end <= until
  })
}

function holdsOf(parts: JudgeParts, problems: Problem[]): readonly Hold[] {
  const holds: Hold[] = []
  const add = (
    entry: {
      id: string
      match: Readonly<Record<string, unknown>>
      rules?: readonly string[] | undefined
      file: string
      line: number
    },
    until: number | undefined,
    rules: readonly LoadedRule[],
  ): void => {
    const compiled = compilePredicate(entry.match, { lists: parts.lists, file: entry.file, line: entry.line })
    if ('problems' in compiled) {
      problems.push(...compiled.problems)
      return
    }
    const ids = entry.rules === undefined ? undefined : new Set(ruleIds(rules, entry.rules))
    holds.push({ id: entry.id, rules: ids, until: until ?? 0, predicate: compiled.predicate })
  }
  for (const strategy of parts.strategies) {
    const own = parts.rules.filter((rule) => rule.strategy === strategy.id)
    for (const filter of strategy.filters) {
      add(
        { ...filter, id: `${strategy.id}/${filter.id}`, file: strategy.file },
        endOfDay(filter.expires, parts.zone),
        own,
      )
    }
  }
  for (const filter of parts.site.filters) add(filter, endOfDay(filter.expires, parts.zone), parts.rules)
  for (const silence of parts.site.silences) add(silence, Date.parse(silence.until), parts.rules)
  return holds
}

/** A condition of a strategy's Priority, ready to apply. */
interface Condition {
  readonly level: Level
  readonly condition: Readonly<Record<string, unknown>>
  readonly predicate: EventPredicate
}

function prioritiesOf(parts: JudgeParts, problems: Problem[]): ReadonlyMap<string, readonly Condition[]> {
  return new Map(
    parts.strategies.map((strategy) => [
      strategy.id,
      (strategy.priority?.when ?? []).flatMap((condition) => {
        const compiled = compilePredicate(
          { ...condition.if },
          { lists: parts.lists, file: strategy.file, line: 1 },
        )
        if (!('problems' in compiled))
          return [{ level: condition.then, condition: condition.if, predicate: compiled.predicate }]
        problems.push(...compiled.problems)
        return []
      }),
    ]),
  )
}

function ruleIds(rules: readonly LoadedRule[], names: readonly string[]): readonly string[] {
  return rules
    .filter((rule) => names.includes(rule.id) || (rule.name !== undefined && names.includes(rule.name)))
    .map(({ id }) => id)
}
