import { allAlerts } from '../../test/audit-load.ts'
import type { Alert } from '../../src/domain/alert.ts'
import type { SourceName } from '../../src/domain/event.ts'
import { openReader } from '../../src/store/sqlite.ts'
import type { CoverageRow, CoveredContainer } from '../../src/domain/coverage.ts'
import { MARK, type Ledger } from './ledger.ts'
import type { Container } from './world.ts'

/** What a daemon made of what was written, against what it was. */
export interface Judgement {
  readonly records: number
  /** Of the records that are about a container, by source: how many there are, and how many were joined. */
  readonly joins: readonly { readonly source: SourceName; readonly owned: number; readonly joined: number }[]
  /** Of all of them, the share that was joined. */
  readonly rate: number
  /** Records that only an address tells of and that were taken for another container's. */
  readonly misjoined: ReadonlyMap<SourceName, number>
  /** Marked records that an alert shows, and those of them that it shows to be another's. */
  readonly marks: {
    readonly sent: number
    readonly shown: number
    readonly wrong: number
    /** Names of containers whose marked records no alert shows. */
    readonly missing: readonly string[]
  }
  readonly alerts: number
  readonly wrong: readonly string[]
}

/** Of the records that are about a container, so many have to be joined. */
const JOINED = 0.999
/** The API server's objects: what is asked of it, the simulation does not count. */
const UNCOUNTED: ReadonlySet<string> = new Set<SourceName>(['kubernetes.api'])

export function judge(file: string, ledger: Ledger, planted: readonly Container[]): Judgement {
  const reader = openReader(file)
  const totals = reader.totals()
  const { rows } = reader.coverage()
  const covered = reader.coveredContainers()
  const alerts = allAlerts(reader)
  reader.close()

  const joins = [...ledger.owned].map(([source, containers]) => ({
    source,
    owned: sum(containers.values()),
    joined: sum(rows.filter((row) => row.source === source).map(joinedOf)),
  }))
  const rate = sum(joins.map(({ joined }) => joined)) / sum(joins.map(({ owned }) => owned))
  const misjoined = misjoinedOf(ledger, covered)
  const marks = marksOf(ledger, alerts)
  const wrong = [
    ...lost(ledger, totals),
    ...(rate >= JOINED ? [] : [`${(rate * 100).toFixed(3)} % of the records were joined`]),
    ...joins
      .filter(({ owned, joined }) => joined > owned)
      .map(({ source, owned, joined }) => `${source}: ${joined} joined, ${owned} are about containers`),
    ...[...misjoined].map(([source, records]) => `${source}: ${records} were joined with another container`),
    ...(marks.wrong === 0 ? [] : [`${marks.wrong} alerts are about another container than it was`]),
    ...(marks.shown === marks.sent
      ? []
      : [
          `${marks.sent} records were marked, ${marks.shown} are in alerts: ${marks.missing.slice(0, 5).join(', ')}`,
        ]),
    ...planted.filter(({ id }) => !isTold(id, alerts)).map(({ name }) => `no alert about ${name}`),
  ]
  return { records: totals.records, joins, rate, misjoined, marks, alerts: alerts.length, wrong }
}

interface Totals {
  readonly records: number
  readonly evaluated: number
  readonly failed: number
  readonly duplicates: number
  readonly sources: Readonly<Record<string, number>>
  readonly failures: Readonly<Record<string, number>>
}

/** Nothing lost, nothing twice: source by source, what was written was evaluated. */
function lost(
  ledger: Ledger,
  { records, evaluated, failed, duplicates, sources, failures }: Totals,
): string[] {
  const differing = [...new Set([...ledger.sent.keys(), ...Object.keys(sources)])]
    .filter((source) => !UNCOUNTED.has(source))
    .filter((source) => (sources[source] ?? 0) !== (ledger.sent.get(source as SourceName) ?? 0))
    .map(
      (source) =>
        `${source}: ${ledger.sent.get(source as SourceName) ?? 0} written, ${sources[source] ?? 0} evaluated`,
    )
  return [
    ...differing,
    ...(failed === 0 ? [] : [`${failed} failed: ${JSON.stringify(failures)}`]),
    ...(duplicates === 0 ? [] : [`${duplicates} were taken for duplicates`]),
    ...(records === evaluated + failed + duplicates ? [] : ['records are not conserved']),
  ]
}

/** Those who say nothing but an address: for each container, what was counted as its own beyond what was. */
function misjoinedOf(ledger: Ledger, covered: readonly CoveredContainer[]): ReadonlyMap<SourceName, number> {
  const found = new Map<SourceName, number>()
  for (const { source, container, events } of covered) {
    const more = events - (ledger.owned.get(source)?.get(container) ?? 0)
    if (ledger.owned.has(source) && more > 0) found.set(source, (found.get(source) ?? 0) + more)
  }
  return found
}

function marksOf(ledger: Ledger, alerts: readonly Alert[]): Judgement['marks'] {
  const shown = new Map<string, boolean>()
  for (const { rule, evidence } of alerts) {
    if (!rule.title.startsWith('Marked record')) continue
    for (const { fields } of evidence) {
      const mark = markIn(fields)
      const container = mark === undefined ? undefined : ledger.marked.get(mark)
      if (mark !== undefined && container !== undefined) shown.set(mark, isOf(container, fields))
    }
  }
  return {
    sent: ledger.marked.size,
    shown: shown.size,
    wrong: [...shown.values()].filter((isRight) => !isRight).length,
    missing: [...ledger.marked].flatMap(([mark, { name, node }]) =>
      shown.has(mark) ? [] : [`${mark} of ${name} on ${node.name}`],
    ),
  }
}

function markIn(fields: Readonly<Record<string, unknown>>): string | undefined {
  for (const name of ['CurrentDirectory', 'community_id', 'Summary']) {
    const value = fields[name]
    const text = typeof value === 'string' ? value.replace(/^\//, '') : ''
    if (text.startsWith(MARK)) return text
  }
  return undefined
}

/** Whether it was taken for this container, or this pod. */
function isOf({ id, pod, node }: Container, fields: Readonly<Record<string, unknown>>): boolean {
  return node.kind === 'docker' ? fields['container.id'] === id : fields['k8s.pod.uid'] === pod
}

function isTold(id: string, alerts: readonly Alert[]): boolean {
  return alerts.some(({ entity, rule }) => entity['container.id'] === id && !rule.title.startsWith('Marked'))
}

function joinedOf({ joined = 0 }: CoverageRow): number {
  return joined
}

function sum(numbers: Iterable<number>): number {
  let total = 0
  for (const each of numbers) total += each
  return total
}
