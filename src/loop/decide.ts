import { createDating, type Dating } from './dating.ts'
import { isClusterStream } from '../domain/cluster-stream.ts'
import { isEngineStream } from '../domain/engine-stream.ts'
import type { ContainerLook } from '../domain/container-look.ts'
import type { Chunk, Event, Fact, Failure, Finding, SourceName } from '../domain/event.ts'
import { digest } from '../domain/hash.ts'
import type { Covering } from './covering.ts'
import type { Reporter, SeenRow } from '../domain/state.ts'
import type { Seen } from '../engine/seen.ts'
import type { SensorRuns } from '../engine/sensor-runs.ts'
import type { InputBatch } from '../inputs/input.ts'
import type { Contradiction, Inventory, Joinable, Joined, Within } from '../inventory/inventory.ts'
import type { Identity } from '../sources/source.ts'
import { isBoundTo } from '../sources/told-of.ts'
import type { Commit } from '../store/store.ts'
import { createTally, type Tally } from './tally.ts'
import { lookEvent } from '../views/look-event.ts'
import type { Views } from '../views/views.ts'

/** What is remembered from batch to batch: it depends on the order in which records come. */
export interface Memory {
  readonly inventory: Inventory
  readonly seen: Seen
  readonly sensorRuns: SensorRuns
  readonly views: Views
  /** Where coverage is kept. */
  readonly covering?: Pick<Covering, 'beat' | 'event'>
}

/** What decides whether, and with what, an event is evaluated. */
export type Evaluable = Joinable & Pick<Event, 'once'>

/** What the records of one chunk mean: their events, or what stands for them. */
export interface Meant<E extends Evaluable> {
  readonly records: number
  readonly items: Iterable<{
    readonly source: SourceName
    readonly decoded: {
      readonly events: readonly E[]
      readonly facts: readonly Fact[]
      readonly identity?: Identity
    }
  }>
  readonly failures: readonly Failure[]
  /** How many more failed, by reason. */
  readonly moreFailures?: Readonly<Record<string, number>>
  readonly completed: readonly {
    readonly source: SourceName
    readonly events: readonly E[]
    readonly facts: readonly Fact[]
  }[]
}

/** Takes in what the records of one batch mean, in their order, and says which events are to be evaluated. */
export interface Deciding {
  readonly tally: Tally
  /** `evaluate` is told each event that is no repetition, with what the inventory knows of it by then. */
  take<E extends Evaluable>(
    chunk: Pick<Chunk, 'stream' | 'path' | 'repeated' | 'machine'>,
    meant: Meant<E>,
    evaluate: (event: E, joined: Joined, within: Within | undefined) => void,
  ): void
  /** Once all is taken in: what it came to, to be committed. */
  decided(): Decided
}

export interface Decided extends Pick<
  Commit,
  | 'findings'
  | 'seen'
  | 'released'
  | 'containers'
  | 'forgotten'
  | 'creators'
  | 'forgottenCreators'
  | 'sensorRuns'
  | 'views'
  | 'forgottenViews'
  | 'waiting'
  | 'waited'
> {
  /** Events that no record tells: that views of a machine differ. They are evaluated after those of the records. */
  readonly made: readonly Event[]
  /** The newest event time, ms; -Infinity where there was none. */
  readonly newest: number
}

/** `arrival` is when the batch came, ms; undefined where nobody knows when. */
export function createDeciding(
  input: string,
  { unreadable, findings: told }: Pick<InputBatch, 'unreadable' | 'findings'>,
  { inventory, seen, sensorRuns, views, covering }: Memory,
  { now, arrival }: { readonly now: () => number; readonly arrival: number | undefined },
): Deciding {
  const tally = createTally()
  const dating: Dating = createDating(input, arrival)
  const findings: Finding[] = [...told]
  const seenRows: SeenRow[] = []
  const released: string[] = []
  const made: Event[] = []
  let newest = -Infinity
  for (const { stream, reason, count } of unreadable)
    tally.failed({ reason, stream, position: 0, sample: '' }, count)

  const isNew = ({ once }: Evaluable): boolean => {
    if (once === undefined) return true
    const { row } = seen.look({ id: once, content: '' })
    if (row !== undefined) seenRows.push(row)
    return row !== undefined
  }

  const learn = (facts: readonly Fact[], by: Reporter, within: Within | undefined): void => {
    for (const fact of facts) {
      const contradicted = inventory.observe(fact, by, within)
      if (contradicted !== undefined) findings.push(contradictionFinding(contradicted, now()))
      if (fact.kind === 'container-gone' && fact.releases !== undefined) {
        seen.release(fact.releases)
        released.push(fact.releases)
      }
    }
  }

  const make = (events: readonly Event[]): void => {
    for (const event of events) if (isNew(event)) made.push(inventory.resolve(event))
  }

  const look = (one: ContainerLook, source: SourceName): void => {
    // that it looks is what arrives: that views differ is seldom
    const looked = lookEvent(one, source)
    covering?.event(input, looked, looked)
    make(views.look(one, { input, source }))
  }

  const tell = (facts: readonly Fact[], source: SourceName, isAlone: boolean): void => {
    for (const fact of facts) {
      if (fact.kind === 'container-look') look(fact.look, source)
      else if (fact.kind === 'orchestrator-look')
        for (const one of inventory.orchestrated(input, fact)) look(one, source)
      else if (fact.kind === 'finding') findings.push(fact.finding)
      else if (fact.kind === 'sensor-record') {
        findings.push(...sensorRuns.observe(fact.mark, input, now()))
        if (isAlone) covering?.beat(input, source, fact.mark)
      }
    }
  }

  return {
    tally,
    take(chunk, meant, evaluate) {
      if (chunk.repeated === true) {
        for (let record = 0; record < meant.records; record += 1) tally.duplicate()
        return
      }
      const by: Reporter = {
        input,
        engine: isEngineStream(chunk.stream),
        // an agent tells of its machine, and a cluster is more than that
        ...(isClusterStream(chunk.stream) && chunk.machine === undefined && { cluster: true as const }),
      }
      const consider = (
        events: (typeof meant)['completed'][number]['events'],
        source: SourceName,
        within: Within | undefined,
      ): void => {
        for (const event of events) {
          make(views.pass({ source, time: event.time, resource: event.resource }, input))
          if (!isNew(event)) continue
          newest = Math.max(newest, event.time)
          const joined = inventory.find(event, within)
          if (joined?.kind === 'elsewhere')
            findings.push(contradictionFinding({ ...joined.contradiction, contradicting: input }, now()))
          evaluate(event, joined, within)
        }
      }
      const place = { stream: chunk.path ?? chunk.stream, position: 0, sample: '' }
      for (const failure of meant.failures) tally.failed({ ...failure, stream: place.stream })
      for (const [reason, times] of Object.entries(meant.moreFailures ?? {}))
        tally.failed({ ...place, reason }, times)
      for (const { source, decoded: meaning } of meant.items) {
        const { identity } = meaning
        const { facts, events } = dating.dated(meaning, source)
        const within = withinOf(chunk.machine, source)
        if (identity !== undefined) {
          const { verdict, row } = seen.look(identity)
          if (row === undefined) {
            tally.duplicate()
            // A name may have changed although the specification did not, and who told it first may not have been believed.
            learn(facts, by, within)
            continue
          }
          if (verdict === 'conflict')
            findings.push(conflict(identity.id, source, events[0]?.time ?? now(), now()))
          seenRows.push(row)
        }
        tally.evaluated(source)
        learn(facts, by, within)
        tell(facts, source, events.length === 0)
        consider(events, source, within)
      }
      for (const { source, ...meaning } of meant.completed) {
        const { facts, events } = dating.dated(meaning, source)
        const within = withinOf(chunk.machine, source)
        learn(facts, by, within)
        tell(facts, source, events.length === 0)
        consider(events, source, within)
      }
    },
    decided: () => ({
      newest,
      findings: dating.findings(findings),
      seen: seenRows,
      released: [...released, ...seen.dropped()],
      containers: inventory.changes(),
      forgotten: inventory.forgotten(),
      ...inventory.creators(),
      sensorRuns: sensorRuns.changes(),
      views: views.changes(),
      forgottenViews: views.forgotten(),
      made,
    }),
  }
}

/** What an agent tells is about its own machine, unless it may relay what others tell. */
function withinOf(machine: Chunk['machine'], source: SourceName): Within | undefined {
  if (machine === undefined || !isBoundTo(machine, source)) return undefined
  return { agent: machine.agent, host: machine.resource['host.name'] }
}

/** Ids are the attacker's to choose: the same one with other content is evaluated, and told once an hour. */
function conflict(id: string, source: string, time: number, now: number): Finding {
  return {
    id: digest('identity-conflict', source, hourOf(now)),
    kind: 'identity-conflict',
    about: source,
    since: time,
    until: time,
    message: `records came again under a known identity with other content and were evaluated; the first was ${id.slice(0, 128)}`,
  }
}

/** Somebody else's word about an engine's container, or a cluster's pod, told once an hour. */
function contradictionFinding({ container, believed, contradicting }: Contradiction, now: number): Finding {
  return {
    id: digest('identity-conflict', 'container', contradicting, hourOf(now)),
    kind: 'identity-conflict',
    about: contradicting,
    since: now,
    until: now,
    message: `told of containers otherwise than who runs them, and was not believed; the first was ${container.slice(0, 128)}, which ${believed} knows`,
  }
}

/** The hour of the clock: times in records are the attacker's to choose, and so many findings there would be. */
function hourOf(now: number): string {
  return String(Math.floor(now / 3_600_000))
}
