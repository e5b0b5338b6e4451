import { agentLimits } from './agent-limits.ts'
import { baselineLimits } from './baseline-limits.ts'
import { baselinesReport } from './baseline-report.ts'
import { coverageReport } from './coverage-report.ts'
import type { Detection } from './detection.ts'
import { instant } from './domain/alert-view.ts'
import { bytes } from './domain/bytes.ts'
import { VIEWS } from './domain/container-look.ts'
import type { Assessment } from './engine/assumptions.ts'
import type { AgentStatus } from './inputs/agent-status.ts'
import { LIMIT_KINDS } from './limit.ts'
import type { Limit } from './limit.ts'
import { knownList } from './site/known-lists.ts'
import { notPresentLimits, siteLimits } from './site-limits.ts'
import type { BaselineReader } from './store/baselines.ts'
import type { Reader } from './store/store.ts'
import { viewsReport } from './views/report.ts'

export type { Limit, LimitKind } from './limit.ts'

export interface LimitsOf {
  readonly detection: Detection
  /** Undefined where nothing was stored yet. */
  readonly reader:
    | (Pick<Reader, 'findings' | 'totals' | 'sinkSummaries' | 'size' | 'coverage' | 'views'> & BaselineReader)
    | undefined
  /** What strategies' assumptions came to; undefined where nobody judges. */
  readonly assessments?: readonly Assessment[] | undefined
  /** Machines whose agents send; undefined where nobody hears them. */
  readonly agents?: readonly AgentStatus[]
  /** Bytes that the store may hold; unbounded where undefined. */
  readonly size?: number
  /** The folder of the site's lists and filters. */
  readonly site: string
  readonly zone: string
  readonly now: number
}

/**
 * What is not seen, not decided, or not in order, what was missed first: what 'tallyman doctor' shows. Messages may
 * be hostile text.
 */
export function limits({
  detection,
  reader,
  assessments,
  agents = [],
  size,
  site,
  zone,
  now,
}: LimitsOf): readonly Limit[] {
  const found = [
    ...ofCoverage(detection, reader, assessments, now),
    ...ofViews(reader, now),
    ...agentLimits(agents),
    ...ofStore(reader),
    ...ofSize(reader, size),
    ...ofSinks(reader),
    ...ofProblems(detection),
    ...siteLimits(detection, zone, now),
    ...notPresentLimits(detection, reader?.coverage(0).rows ?? [], zone, now),
    ...ofLists(detection, site),
    ...(reader === undefined ? [] : baselineLimits(baselinesReport(detection.ruleset, reader))),
  ]
  const rank = ({ kind, severity }: Limit): number =>
    LIMIT_KINDS.indexOf(kind) + (severity === 'note' ? LIMIT_KINDS.length : 0)
  return found.toSorted((a, b) => rank(a) - rank(b))
}

/** What strategies lack, by what is missing: the same source is missing for several. */
function* ofCoverage(
  detection: Detection,
  reader: LimitsOf['reader'],
  assessments: LimitsOf['assessments'],
  now: number,
): Iterable<Limit> {
  if (reader === undefined) return
  const report = coverageReport({
    detection,
    stored: reader.coverage(0),
    assessments,
    levelOf: () => undefined,
    now,
  })
  const lacking = report.strategies.flatMap(({ id, assumptions }) =>
    assumptions.flatMap(({ sources, onFail, places, mend = '', status }) =>
      status === 'fails'
        ? places.map(({ why }) => ({ id, about: sources.join(', '), onFail, why, mend }))
        : [],
    ),
  )
  for (const [why, of] of Map.groupBy(lacking, (one) => one.why)) {
    const [{ about, mend } = { about: '', mend: '' }] = of
    const blind = new Set(of.flatMap(({ id, onFail }) => (onFail === 'blind' ? [id] : [])))
    const degraded = new Set(of.flatMap(({ id }) => (blind.has(id) ? [] : [id])))
    const effects = [...effectOf(blind, 'blind'), ...effectOf(degraded, 'degraded')]
    yield {
      kind: 'blind',
      severity: 'warning',
      about,
      message: `${why}: ${effects.join('; ')}`,
      mend: `${mend}; see 'tallyman coverage'`,
      short: `${blind.size} blind, ${degraded.size} degraded`,
    }
  }
}

/** A view of a machine that no longer looks: whether containers are hidden from it cannot be told. */
function* ofViews(reader: LimitsOf['reader'], now: number): Iterable<Limit> {
  const { machines } = viewsReport(reader?.views() ?? [], () => undefined, now)
  for (const { host, sight, last } of machines) {
    for (const view of VIEWS) {
      if (sight[view] !== 'blind') continue
      yield {
        kind: 'blind',
        severity: 'warning',
        about: host,
        message: `the ${view} has told nothing of its containers since ${last[view]}: which of them are hidden cannot be told`,
        mend: "see that what tells it runs; 'tallyman containers' says who looks",
        short: `${view} does not look`,
      }
    }
  }
}

function* effectOf(strategies: ReadonlySet<string>, state: string): Iterable<string> {
  if (strategies.size > 0)
    yield `${[...strategies].join(', ')} ${strategies.size === 1 ? 'is' : 'are'} ${state}`
}

function* ofProblems({ problems }: Detection): Iterable<Limit> {
  for (const { file, line, message, mend } of problems) {
    yield {
      kind: 'refused',
      severity: 'error',
      about: `${file}:${line}`,
      message,
      mend: mend ?? 'correct it; until then it does not apply',
      short: 'refused',
    }
  }
}

function* ofLists({ ruleset, site: { lists } }: Detection, site: string): Iterable<Limit> {
  const unset = new Map<string, { off: string[]; nobody: string[] }>()
  for (const rule of ruleset.rules) {
    for (const list of rule.unsetLists) {
      const entry = unset.get(list) ?? { off: [], nobody: [] }
      entry[rule.weakened ? 'off' : 'nobody'].push(rule.title)
      unset.set(list, entry)
    }
  }
  for (const [list, { off, nobody }] of unset) {
    const effects = [
      ...(off.length > 0 ? [`alternatives are off in ${counted(off.length)}`] : []),
      ...(nobody.length > 0 ? [`it exempts nobody in ${counted(nobody.length)}`] : []),
    ]
    const known = knownList(list)
    const meaning = known === undefined ? '' : ` (${known.means})`
    const values = known === undefined ? 'values' : `values: ${known.kind.values}`
    yield {
      kind: 'unset',
      severity: off.length > 0 ? 'warning' : 'note',
      about: list,
      message: `the list${meaning} is not set: ${effects.join(', ')}`,
      mend: `write ${site}/lists/${list}.yaml with owner, reason and ${values}; see 'tallyman lists show ${list}'`,
      short: off.length > 0 ? 'list not set, alternatives are off' : 'list not set, exempts nobody',
      rules: [...off, ...nobody],
    }
  }
  const used = new Set(ruleset.rules.flatMap((rule) => rule.lists))
  for (const [name, { file, line }] of lists) {
    if (used.has(name)) continue
    yield {
      kind: 'unset',
      severity: 'warning',
      about: `${file}:${line}`,
      message: `no rule uses a list ${name}`,
      mend: "rename the file to what 'tallyman lists list' shows, or remove it",
      short: 'no rule uses the list',
    }
  }
}

function counted(rules: number): string {
  return rules === 1 ? '1 rule' : `${rules} rules`
}

function* ofSinks(reader: LimitsOf['reader']): Iterable<Limit> {
  for (const { sink, dead, pending, failing, oldest } of reader?.sinkSummaries() ?? []) {
    if (failing !== undefined) {
      yield {
        kind: 'undelivered',
        severity: 'warning',
        about: sink,
        message: `is not reached since ${instant(oldest ?? failing.next)}, ${pending} wait: ${failing.error}`,
        mend: `see that it answers; try it with 'tallyman notify test ${sink}'`,
        short: `not reached, ${pending} wait`,
      }
    }
    if (dead > 0) {
      yield {
        kind: 'undelivered',
        severity: 'warning',
        about: sink,
        message: `${dead} notifications were given up`,
        mend: "see 'tallyman notify list --state dead'; retry or dismiss them",
        short: `${dead} given up`,
      }
    }
  }
}

function* ofStore(reader: LimitsOf['reader']): Iterable<Limit> {
  if (reader === undefined) return
  for (const { kind, about, since, until, message } of reader.findings(100)) {
    yield {
      kind: 'missed',
      severity: 'warning',
      about,
      message: `${kind}, ${clock(since)} to ${clock(until)}: ${message}`,
      mend: 'conclude nothing from silence in that interval',
      short: kind,
    }
  }
  const { failures, suppressed, unattributed = {} } = reader.totals()
  for (const [source, times] of Object.entries(unattributed)) {
    yield {
      kind: 'missed',
      severity: 'note',
      about: source,
      message: `${times} ${times === 1 ? 'event is' : 'events are'} of a container of which nothing was told in time`,
      mend: "see 'tallyman containers' for what no engine knows; add the engine that runs it as an input",
      short: `${times} of containers that are not known`,
    }
  }
  for (const [reason, times] of Object.entries(failures)) {
    yield {
      kind: 'missed',
      severity: 'warning',
      about: 'records',
      message: `${times} failed: ${reason}`,
      mend: "see 'tallyman doctor --failures' for samples",
      short: `${times} failed`,
    }
  }
  for (const [by, times] of Object.entries(suppressed)) {
    const matches = `${times} ${times === 1 ? 'match' : 'matches'}`
    yield {
      kind: 'held',
      severity: 'note',
      about: by,
      message: `held ${matches} back`,
      mend: 'review whether it still should',
      short: `held ${matches} back`,
    }
  }
}

/** Where this share of what the store may hold is in use, somebody should know. */
const NEARLY = 0.9

function* ofSize(reader: LimitsOf['reader'], most = Infinity): Iterable<Limit> {
  const used = reader?.size().used ?? 0
  if (used < most * NEARLY) return
  yield {
    kind: 'full',
    severity: 'warning',
    about: 'store',
    short: 'the store is nearly full',
    message: `holds ${bytes(used)} of ${bytes(most)}: beyond that, what was closed longest ago is removed, then what is open`,
    mend: 'close what was seen; raise retention.size, or shorten retention.closed',
  }
}

function clock(ms: number): string {
  return instant(ms).replace('T', ' ').slice(0, 19)
}
