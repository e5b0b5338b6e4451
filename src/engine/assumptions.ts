import type { ProbeResult } from '../domain/audit-probe.ts'
import type { CoverageRow, CoverageState, CoveredContainer } from '../domain/coverage.ts'
import { parseDuration } from '../domain/day.ts'
import { SOURCE_NAMES, type Logsource, type SourceName } from '../domain/event.ts'
import { measuredBy, type Assumption, type Measure } from '../strategy/strategy.ts'
import { isEnough } from './audit-probes.ts'
import { recentOf } from './coverage.ts'

/** What an assumption came to, at one place. */
export interface Assessment {
  readonly strategy: string
  readonly assumption: Assumption
  /** A machine, cluster or container, as `per` says; empty where it is about all of them. */
  readonly place: string
  readonly status: AssessmentStatus
  /** Stable words for what is checked: what fails for one cause is one finding. */
  readonly cause: string
  readonly why: string
  /** Where it fails: since when, ms. */
  readonly since: number
}
/**
 * `unmeasured`: nothing can be said now; what was said before stands. `not-here`: it is about an orchestrator of which
 * nothing is seen here. `not-present`: the site says that it does not have what would tell it, and nothing was heard.
 */
export type AssessmentStatus = 'holds' | 'fails' | 'unmeasured' | 'not-here' | 'not-present'

/** What is known when assumptions are judged. */
export interface CoverageView {
  readonly now: number
  /** Since when it is listened without a pause, and since when coverage is kept at all; ms. */
  readonly begun: number
  readonly covered: number
  readonly rows: readonly CoverageRow[]
  readonly containers: readonly CoveredContainer[]
  /** Whether a container is there, as far as is known. */
  readonly isThere: (container: string) => boolean
  /** By input, of those that talk to who makes the records: silence is none where they are in contact. */
  readonly contacts: ReadonlyMap<string, Contact>
  /** What probes of an audit log came to; none where it is not probed. */
  readonly probes?: readonly ProbeResult[]
  /** Sources of systems that the site says it does not have, each with its words. */
  readonly notPresent?: ReadonlyMap<SourceName, string>
}

export interface Contact {
  readonly sources: readonly SourceName[]
  /** Since when there is none, ms. */
  readonly cut: number | undefined
  /** Nothing at all comes by this input, whatever it brought before: why. */
  readonly why?: string
}

/** Before so long after a start, no source is said to be absent: files are still being opened, ms. */
const SETTLING = 30_000
/** Without contact for so long, nothing is heard; an engine that is restarted is back by then, ms. */
const CUT = 60_000
/** So many heartbeats that do not come are silence. */
const MISSED = 3
/** A place that was silent for so much longer than others of its source is no longer expected, ms. */
const GONE = 7 * 24 * 3_600_000
/** Events of which the fields have to be known before their share says anything. */
const ENOUGH = 20

/** What each orchestrator's own records are: where it is not, they are not missed. */
const ORCHESTRATORS: Readonly<Partial<Record<SourceName, string>>> = {
  'kubernetes.audit': 'Kubernetes',
  'kubernetes.api': 'Kubernetes',
  'docker.events': 'Docker',
  'docker.inspect': 'Docker',
  'docker.stats': 'Docker',
  'podman.events': 'Podman',
  'containerd.events': 'containerd',
}

/** Every assumption at every place that it is about. Pure. */
export function assess(
  strategies: readonly { readonly id: string; readonly assumptions: readonly Assumption[] }[],
  view: CoverageView,
): readonly Assessment[] {
  const known = knowledgeOf(view)
  return strategies.flatMap(({ id, assumptions }) =>
    assumptions.flatMap((assumption) =>
      assessOne(assumption, known).map((found) => ({ strategy: id, assumption, ...found })),
    ),
  )
}

/** The worst that its failed assumptions mean for a strategy; undefined where none failed. */
export function worstOf(states: Iterable<CoverageState>): CoverageState | undefined {
  let worst: CoverageState | undefined
  for (const state of states) if (worst !== 'blind') worst = state
  return worst
}

interface Knowledge extends CoverageView {
  readonly bySource: ReadonlyMap<SourceName, readonly CoverageRow[]>
  readonly orchestrators: ReadonlySet<string>
  /** What came of a source, by the place that an assumption is judged at. */
  readonly rowsAt: (source: SourceName, per: Assumption['per']) => ReadonlyMap<string, readonly CoverageRow[]>
  /** By container, what a source told of it. */
  readonly containersOf: (source: SourceName) => ReadonlyMap<string, readonly CoveredContainer[]>
  /** Contacts by which a source may come, with their inputs. */
  readonly contactsOf: (source: SourceName) => readonly (readonly [input: string, contact: Contact])[]
}

type Found = Pick<Assessment, 'place' | 'status' | 'cause' | 'why' | 'since'>

function knowledgeOf(view: CoverageView): Knowledge {
  const bySource = new Map<SourceName, CoverageRow[]>()
  const orchestrators = new Set<string>()
  for (const row of view.rows) {
    if (row.source === '') continue
    const rows = bySource.get(row.source)
    if (rows === undefined) bySource.set(row.source, [row])
    else rows.push(row)
    const orchestrator = ORCHESTRATORS[row.source]
    if (orchestrator !== undefined) orchestrators.add(orchestrator)
    if (row.pods) orchestrators.add('Kubernetes')
  }
  for (const { sources } of view.contacts.values())
    for (const source of sources) orchestrators.add(ORCHESTRATORS[source] ?? '')
  return {
    ...view,
    bySource,
    orchestrators,
    rowsAt: remembered((source, per) => Map.groupBy(bySource.get(source) ?? [], (row) => placeOf(row, per))),
    containersOf: remembered((source) =>
      Map.groupBy(
        view.containers.filter((one) => one.source === source),
        ({ container }) => container,
      ),
    ),
    contactsOf: remembered((source) =>
      [...view.contacts].filter(([, { sources }]) => sources.includes(source)),
    ),
  }
}

/** Each assumption asks the same again, of each of its places. */
function remembered<T>(
  of: (source: SourceName, per: Assumption['per']) => T,
): (source: SourceName, per?: Assumption['per']) => T {
  const known = new Map<string, T>()
  return (source, per) => {
    const key = `${source} ${per}`
    const found = known.get(key) ?? of(source, per)
    known.set(key, found)
    return found
  }
}

function assessOne(assumption: Assumption, known: Knowledge): readonly Found[] {
  const metric = measuredBy(assumption)
  const named = metric?.sources ?? assumption.source
  const all = SOURCE_NAMES.filter((name) => named.includes(name))
  // what is heard is there, whatever is said of it
  const sources = all.filter((name) => isHeard(name, known) || known.notPresent?.has(name) !== true)
  const expected = sources.filter((source) => isExpected(source, known))
  const words = sources.join(' or ')
  const everywhere = { place: '', cause: `absent ${words}`, since: known.covered }
  if (sources.length === 0) return [{ ...everywhere, ...nobodyTells(all, known) }]
  if (expected.length === 0) {
    const [first = ''] = sources.map((source) => ORCHESTRATORS[source] ?? '')
    return [{ ...everywhere, status: 'not-here', why: `nothing shows that there is any ${first} here` }]
  }
  const heard = expected.filter((source) => isHeard(source, known))
  // what does not arrive at all is another assumption's
  if (heard.length === 0 && metric !== undefined)
    return [{ ...everywhere, status: 'unmeasured', why: `no record of ${words} arrives` }]
  if (heard.length === 0) {
    if (known.now < known.begun + SETTLING)
      return [{ ...everywhere, status: 'unmeasured', why: 'it is not listened for long enough' }]
    return [{ ...everywhere, status: 'fails', why: `no record of ${words} ever arrived` }]
  }
  return placesOf(assumption, heard, known).map((place) => {
    const verdicts = heard.flatMap((source) =>
      isAt(source, place, assumption, known)
        ? [{ place, ...verdictOf({ source, place, assumption, metric: metric?.measure }, known) }]
        : [],
    )
    return (
      verdicts.find(({ status }) => status === 'holds') ??
      verdicts.find(({ status }) => status === 'fails') ??
      verdicts[0] ?? { place, status: 'unmeasured' as const, cause: '', why: '', since: known.now }
    )
  })
}

/** None of its sources is measured, or the site has what none of them would tell of. */
function nobodyTells(
  sources: readonly SourceName[],
  { notPresent }: Knowledge,
): Pick<Found, 'status' | 'why'> {
  const [why] = sources.flatMap((source) => notPresent?.get(source) ?? [])
  return why === undefined
    ? { status: 'unmeasured', why: 'names no source that is measured' }
    : { status: 'not-present', why }
}

function isExpected(source: SourceName, { orchestrators }: Knowledge): boolean {
  const orchestrator = ORCHESTRATORS[source]
  return orchestrator === undefined || orchestrators.has(orchestrator)
}

function isHeard(source: SourceName, { bySource, contactsOf }: Knowledge): boolean {
  return bySource.has(source) || contactsOf(source).length > 0
}

function placeOf(row: CoverageRow, per: Assumption['per']): string {
  if (per === 'node') return row.node
  return per === 'cluster' ? row.cluster : ''
}

/** Where the assumption is judged: places of which something came, unless all others came much later. */
function placesOf(
  assumption: Assumption,
  sources: readonly SourceName[],
  { bySource, containers, isThere }: Knowledge,
): readonly string[] {
  if (assumption.per === 'container') {
    const there = containers.filter(({ source, container }) => sources.includes(source) && isThere(container))
    return [...new Set(there.map(({ container }) => container))]
  }
  const newest = new Map<string, number>()
  for (const source of sources) {
    for (const row of bySource.get(source) ?? []) {
      const place = placeOf(row, assumption.per)
      newest.set(place, Math.max(newest.get(place) ?? 0, row.lastArrival))
    }
  }
  const last = Math.max(0, ...newest.values())
  const places = [...newest].flatMap(([place, at]) => (at > last - GONE ? [place] : []))
  return places.length === 0 ? [''] : places
}

function isAt(source: SourceName, place: string, assumption: Assumption, known: Knowledge): boolean {
  if (assumption.per === 'container') return known.containersOf(source).has(place)
  return place === '' || known.rowsAt(source, assumption.per).has(place)
}

interface Asked {
  readonly source: SourceName
  readonly place: string
  readonly assumption: Assumption
  readonly metric: Measure | undefined
}
type Verdict = Omit<Found, 'place'>

function verdictOf(asked: Asked, known: Knowledge): Verdict {
  const { source, place, assumption, metric } = asked
  const rows =
    assumption.per === 'container'
      ? (known.bySource.get(source) ?? [])
      : (known.rowsAt(source, assumption.per).get(place) ?? [])
  // that a request did not come back is certain, however long others stay away
  const probed = probedOf(asked, known)
  if (probed?.status === 'fails') return probed
  const silent = silenceOf(asked, rows, known)
  if (silent.status === 'unmeasured' && probed !== undefined) return probed
  if (silent.status !== 'holds') return silent
  if (metric !== undefined) return boundedOf(asked, metric, rows, known)
  const filled = fillOf(asked, rows, known)
  return filled.status === 'fails' ? filled : silent
}

/** What probes say: the first that did not come back as its rules need it, or that all did; undefined where nothing is known. */
function probedOf(
  { source, place, assumption }: Asked,
  { probes: known = [], now }: Knowledge,
): Verdict | undefined {
  const { probes = [], per } = assumption
  if (source !== 'kubernetes.audit' || probes.length === 0) return undefined
  const results = known.filter(
    ({ probe, cluster }) => probes.includes(probe.id) && (per !== 'cluster' || cluster === place),
  )
  const lacking = results.find(({ probe, came }) => came === undefined || !isEnough(came.level, probe.level))
  if (lacking === undefined) {
    const cause = `probe ${source} ${place}`
    const isWhole = new Set(results.map(({ probe }) => probe.id)).size === probes.length
    return isWhole
      ? { status: 'holds', cause, why: `${at(source, place)} shows probes`, since: now }
      : undefined
  }
  const { probe, sent, came } = lacking
  const why =
    came === undefined
      ? `the audit log does not show ${probe.verb} of ${probe.id}`
      : `the audit log shows ${probe.verb} of ${probe.id} at level ${came.level} only${came.body ? '' : ', without what was asked for'}`
  return {
    status: 'fails',
    cause: `probe ${source} ${probe.id} ${place}`,
    why: `${why}; its policy lacks ${probe.policy}`,
    since: Math.min(sent, now),
  }
}

/** By heartbeat, by contact with who makes the records, or by the longest silence that the assumption allows. */
function silenceOf(asked: Asked, rows: readonly CoverageRow[], known: Knowledge): Verdict {
  const { source, place, assumption } = asked
  const { now, begun } = known
  const cause = `silence ${source} ${place}`
  const said = at(source, place)
  const allowed = parseDuration(assumption.max_silence ?? '') ?? Infinity
  const holds: Verdict = { status: 'holds', cause, why: `${said} is heard`, since: now }
  const silentSince = (since: number, why: string): Verdict => ({
    status: 'fails',
    cause,
    why,
    since: Math.min(since, now),
  })
  if (assumption.per === 'container') return containerSilence(asked, allowed, { holds, silentSince }, known)
  const severed = severedOf(rows, known)
  if (severed !== undefined && now - Math.max(severed.since, begun) > Math.min(allowed, CUT))
    return silentSince(severed.since, `${severed.why}: nothing comes of ${said}`)
  const contacts = contactsOf(source, rows, known)
  if (contacts.some(({ cut }) => cut === undefined)) return holds
  const [cut] = contacts.map((contact) => contact.cut ?? now)
  if (cut !== undefined) {
    const bound = Math.min(allowed, CUT)
    return now - Math.max(cut, begun) > bound
      ? silentSince(cut, `there is no contact with who tells of ${said}`)
      : { ...holds, status: 'unmeasured', why: `contact for ${said} is not there yet` }
  }
  const interval = Math.min(...rows.map((row) => row.interval ?? Infinity))
  const beating = interval < Infinity
  const kinds = beating ? rows : rows.filter((row) => isOfKind(row.kinds, assumption))
  const bound = beating ? Math.min(allowed, Math.max(MISSED * interval, MISSED * 1_000)) : allowed
  const newest = Math.max(...kinds.map(({ lastArrival }) => lastArrival), 0)
  if (now - Math.max(newest, begun) > bound) {
    if (kinds.length === 0) return silentSince(begun, `no ${kindWords(assumption)} of ${said} ever arrived`)
    const last = Math.max(...kinds.map((row) => row.last))
    return silentSince(
      last,
      beating
        ? `nothing is heard of ${said}, not even heartbeats`
        : `no ${kindWords(assumption)} of ${said} for longer than ${assumption.max_silence ?? ''}`,
    )
  }
  // what came before this start says nothing of now
  if (newest < begun && bound < Infinity) return { ...holds, status: 'unmeasured', why: 'not heard yet' }
  return holds
}

function containerSilence(
  { source, place }: Asked,
  allowed: number,
  { holds, silentSince }: { holds: Verdict; silentSince: (since: number, why: string) => Verdict },
  { containersOf, begun, now }: Knowledge,
): Verdict {
  const heard = containersOf(source).get(place) ?? []
  const newest = Math.max(...heard.map(({ lastArrival }) => lastArrival), 0)
  if (now - Math.max(newest, begun) <= allowed) return holds
  return silentSince(Math.max(...heard.map(({ last }) => last)), `${at(source, place)} is silent`)
}

/** Where nothing comes by any of the rows' inputs: since when, and why. */
function severedOf(
  rows: readonly CoverageRow[],
  { contacts }: Knowledge,
): { readonly since: number; readonly why: string } | undefined {
  let found: { readonly since: number; readonly why: string } | undefined
  for (const { input } of rows) {
    const { cut, why } = contacts.get(input) ?? {}
    if (cut === undefined || why === undefined) return undefined
    if (found === undefined || cut > found.since) found = { since: cut, why }
  }
  return found
}

/** Contacts by which the source comes: those of the rows' inputs, or any where there is no row yet. */
function contactsOf(source: SourceName, rows: readonly CoverageRow[], known: Knowledge): readonly Contact[] {
  return known
    .contactsOf(source)
    .flatMap(([input, contact]) =>
      rows.length === 0 || rows.some((row) => row.input === input) ? [contact] : [],
    )
}

function fillOf(
  { source, place, assumption }: Asked,
  rows: readonly CoverageRow[],
  known: Knowledge,
): Verdict {
  const least = assumption.min_fill ?? 1
  const ofKind = rows.filter((row) => row.kinds.length > 0 && isOfKind(row.kinds, assumption))
  const sampled = ofKind.reduce((sum, { fill }) => sum + fill.sampled, 0)
  const cause = `fill ${source} ${kindWords(assumption)} ${place}`
  const holds: Verdict = { status: 'holds', cause, why: 'its fields are filled', since: known.now }
  if (sampled < ENOUGH) return holds
  const lacking = (assumption.fields ?? []).flatMap((field) => {
    const filled = ofKind.reduce((sum, { fill }) => sum + (fill.filled[field] ?? fill.sampled), 0)
    return filled / sampled < least ? [`${field} in ${percent(filled / sampled)}`] : []
  })
  if (lacking.length === 0) return holds
  const why = `${kindWords(assumption)} of ${at(source, place)} have ${lacking.join(', ')}; at least ${percent(least)} is assumed`
  return { status: 'fails', cause, why, since: known.now }
}

function boundedOf(
  { source, place, assumption }: Asked,
  measure: Measure,
  rows: readonly CoverageRow[],
  { now }: Knowledge,
): Verdict {
  const { min = -Infinity, max = Infinity } = assumption
  const cause = `${measure} ${source} ${place}`
  const value = measured(measure, rows, now)
  const said = `${measure} of ${at(source, place)}`
  if (value === undefined) return { status: 'unmeasured', cause, why: `${said} is not known now`, since: now }
  const status = value >= min && value <= max ? 'holds' : 'fails'
  const bound = value < min ? `at least ${min}` : `at most ${max}`
  const why =
    status === 'holds' ? `${said} is ${rounded(value)}` : `${said} is ${rounded(value)}, ${bound} is assumed`
  return { status, cause, why, since: now }
}

/** Over what came lately; undefined where nothing did. */
function measured(measure: Measure, rows: readonly CoverageRow[], now: number): number | undefined {
  const recent = rows.map((row) => recentOf(row, now))
  const sum = (of: (one: (typeof recent)[number]) => number): number =>
    recent.reduce((total, one) => total + of(one), 0)
  const most = (of: (one: (typeof recent)[number]) => number): number => Math.max(0, ...recent.map(of))
  const events = sum((one) => one.events)
  const lost = sum((one) => one.lost)
  if (measure === 'rate') return sum((one) => one.events / one.seconds)
  if (events + lost === 0) return undefined
  if (measure === 'drop_ratio') return lost / (events + lost)
  if (measure === 'delay') return most((one) => one.delay) / 1_000
  if (measure === 'ahead') return most((one) => one.ahead) / 1_000
  const sampled = rows.reduce((total, { fill }) => total + fill.sampled, 0)
  return sampled === 0 ? undefined : rows.reduce((total, { fill }) => total + fill.truncated, 0) / sampled
}

/** Whether events of these log sources are what the assumption is about. */
export function isOfKind(
  kinds: readonly Logsource[],
  { category, service }: Pick<Assumption, 'category' | 'service'>,
): boolean {
  if (category === undefined && service === undefined) return true
  return kinds.some(
    (kind) =>
      (category === undefined || kind.category === category) &&
      (service === undefined || kind.service === service),
  )
}

function kindWords({ category, service }: Pick<Assumption, 'category' | 'service'>): string {
  return category ?? service ?? 'record'
}

function at(source: string, place: string): string {
  return place === '' ? source : `${source} on ${place}`
}

function percent(share: number): string {
  return `${Math.floor(share * 1_000) / 10} %`
}

function rounded(value: number): string {
  return String(Number(value.toPrecision(3)))
}
