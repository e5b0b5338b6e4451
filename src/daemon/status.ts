import { instant, findingView, type FindingView } from '../domain/alert-view.ts'
import type { Finding } from '../domain/event.ts'
import type { AgentStatus } from '../inputs/agent-status.ts'
import type { Input } from '../inputs/input.ts'
import type { Sender } from '../inputs/senders.ts'
import type { BatchResult } from '../loop/pipeline.ts'
import { VERSION } from '../version.ts'
import { createRate, type Rate } from './rate.ts'
import type { InputTrouble } from './tending.ts'

/** Gaps that are told of one input; the store keeps more. */
const GAPS = 10
/** Whoever watches is told so often at most, ms. */
const TELL_EVERY = 1_000

/** How one input is doing. */
export interface InputStatus {
  readonly name: string
  readonly type: string
  /** `waiting` until its first batch; `failed` until it is tried again. */
  readonly state: 'waiting' | 'reading' | 'ended' | 'failed'
  /** Since the start, as are `failed`. */
  readonly records: number
  readonly failed: number
  /** Records a second, over the last minute. */
  readonly rate: number
  /** Wall-clock time of its last record and of its last batch, ms. */
  readonly lastRecord: number | undefined
  readonly lastBatch: number | undefined
  /** Why it failed, until it was read again. */
  readonly error: InputTrouble | undefined
  /** Intervals of which it knows that something was not seen, the newest first. */
  readonly gaps: readonly Finding[]
  /** Who sends, where others send. */
  readonly senders?: readonly Sender[]
  /** The machines whose inputs it hands on; those are told as inputs of their own. */
  readonly agents?: readonly AgentStatus[]
}

export interface DaemonStatus {
  readonly version: string
  readonly started: number
  readonly inputs: readonly InputStatus[]
}

/** The same as it leaves: times are ISO 8601. */
export type InputStatusView = Omit<
  InputStatus,
  'lastRecord' | 'lastBatch' | 'error' | 'gaps' | 'senders' | 'agents'
> & {
  readonly lastRecord?: string
  readonly lastBatch?: string
  readonly error?: InputTrouble
  readonly gaps: readonly FindingView[]
  readonly senders?: readonly (Omit<Sender, 'last'> & { readonly last: string })[]
  readonly agents?: readonly AgentStatusView[]
}
/** What an agent says of itself is hostile. `delay` and `skew` in ms, `spool` in bytes. */
export type AgentStatusView = Omit<AgentStatus, 'contact' | 'full' | 'inputs'> & {
  readonly contact?: string
  readonly full?: string
}
export interface StatusView {
  readonly version: string
  readonly started: string
  readonly inputs: readonly InputStatusView[]
}

export interface Status {
  readonly current: () => DaemonStatus
  readonly committed: (result: BatchResult) => void
  readonly failed: (input: string, trouble: InputTrouble) => void
  /** It is read again. */
  readonly again: (input: string) => void
  readonly ended: (input: string) => void
  /** Calls back after changes, at most once a second. Returns what ends that. */
  readonly onChange: (listener: (status: DaemonStatus) => void) => () => void
}

interface Row extends Omit<InputStatus, 'rate' | 'gaps' | 'senders' | 'agents'> {
  readonly rate: Rate
  readonly gaps: ReadonlyMap<string, Finding>
}

/** Counts by input since the start; what is stored for good is in the store's totals. `findings` are earlier ones. */
export function createStatus(
  inputs: readonly { readonly type: string; readonly input: Pick<Input, 'name' | 'senders' | 'agents'> }[],
  now: () => number,
  findings: readonly Finding[] = [],
): Status {
  const started = now()
  const rows = new Map<string, Row>(
    inputs.map(({ type, input: { name } }) => [name, newRow(name, type, now, findings)]),
  )
  const listeners = new Set<(status: DaemonStatus) => void>()
  let told = Number.NEGATIVE_INFINITY
  let timer: NodeJS.Timeout | undefined

  const othersOf = (input: string): Pick<InputStatus, 'senders' | 'agents'> => {
    const of = inputs.find(({ input: { name } }) => name === input)?.input
    const [senders, agents] = [of?.senders?.(), of?.agents?.()]
    return { ...(senders !== undefined && { senders }), ...(agents !== undefined && { agents }) }
  }
  /** An input of another machine has a row from its first batch on. */
  const memberRow = (input: string): Row | undefined => {
    if (!input.includes('/')) return undefined
    const agents = inputs.flatMap((each) => each.input.agents?.() ?? [])
    const members = agents.flatMap((agent) => agent.inputs)
    const member = members.find(({ name }) => name === input)
    // those that no agent has any more make place
    for (const name of rows.keys())
      if (name.includes('/') && !members.some((each) => each.name === name)) rows.delete(name)
    return member && newRow(input, member.type, now, findings)
  }
  const current = (): DaemonStatus => ({
    version: VERSION,
    started,
    inputs: [...rows.values()].map(({ rate, gaps, ...row }) => ({
      ...row,
      rate: rate.perSecond(),
      gaps: [...gaps.values()].reverse(),
      ...othersOf(row.name),
    })),
  })
  const tell = (): void => {
    timer = undefined
    told = now()
    const status = current()
    for (const listener of listeners) listener(status)
  }
  const change = (input: string, parts: (row: Row) => Partial<Row>): void => {
    const row = rows.get(input) ?? memberRow(input)
    if (row === undefined) return
    rows.set(input, { ...row, ...parts(row) })
    if (listeners.size > 0) timer ??= setTimeout(tell, Math.max(0, told + TELL_EVERY - now())).unref()
  }

  return {
    current,
    committed({ input, counters, findings: fresh, unreadable }) {
      change(input, (row) => {
        row.rate.add(counters.records)
        const read = counters.records > 0 || fresh.length + unreadable.length === 0
        return {
          ...(read ? { state: 'reading', error: undefined } : {}),
          records: row.records + counters.records,
          failed: row.failed + counters.failed,
          gaps: withFindings(row, fresh),
          lastBatch: now(),
          ...(counters.records > 0 ? { lastRecord: now() } : {}),
        }
      })
    },
    failed: (input, error) => change(input, () => ({ state: 'failed', error })),
    again: (input) => change(input, () => ({ state: 'waiting' })),
    ended: (input) => change(input, () => ({ state: 'ended', error: undefined })),
    onChange(listener) {
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
        if (listeners.size > 0) return
        clearTimeout(timer)
        timer = undefined
      }
    },
  }
}

function newRow(name: string, type: string, now: () => number, findings: readonly Finding[]): Row {
  const row: Row = {
    name,
    type,
    state: 'waiting',
    records: 0,
    failed: 0,
    rate: createRate(now),
    lastRecord: undefined,
    lastBatch: undefined,
    error: undefined,
    gaps: new Map(),
  }
  return { ...row, gaps: withFindings(row, findings.toReversed()) }
}

/** One that grows takes the place of what was told of it before. */
function withFindings({ name, gaps }: Row, fresh: readonly Finding[]): ReadonlyMap<string, Finding> {
  const about = fresh.filter((finding) => finding.about === name && finding.kind === 'unobserved-interval')
  if (about.length === 0) return gaps
  const all = new Map(gaps)
  for (const finding of about) {
    all.delete(finding.id)
    all.set(finding.id, finding)
  }
  return new Map([...all].slice(-GAPS))
}

/** What `GET /api/status` answers and the live stream tells. Every string may be hostile. */
export function statusView({ version, started, inputs }: DaemonStatus): StatusView {
  return {
    version,
    started: instant(started),
    inputs: inputs.map(({ lastRecord, lastBatch, error, gaps, rate, senders, agents, ...input }) => ({
      ...input,
      rate: Math.round(rate * 10) / 10,
      ...(lastRecord === undefined ? {} : { lastRecord: instant(lastRecord) }),
      ...(lastBatch === undefined ? {} : { lastBatch: instant(lastBatch) }),
      ...(error === undefined ? {} : { error }),
      gaps: gaps.map(findingView),
      ...(senders === undefined
        ? {}
        : { senders: senders.map(({ last, ...sender }) => ({ ...sender, last: instant(last) })) }),
      ...(agents === undefined ? {} : { agents: agents.map(agentView) }),
    })),
  }
}

function agentView({ contact, full, inputs: _inputs, ...agent }: AgentStatus): AgentStatusView {
  return {
    ...agent,
    delay: Math.round(agent.delay),
    skew: Math.round(agent.skew),
    ...(contact !== undefined && { contact: instant(contact) }),
    ...(full !== undefined && { full: instant(full) }),
  }
}
