import { chained, type Entry, type SpoolPlace } from '../domain/chained.ts'
import { isAboutMachines } from '../domain/beyond-machines.ts'
import { SOURCE_NAMES, type Chunk, type Finding, type Machine, type SourceName } from '../domain/event.ts'
import { digest } from '../domain/hash.ts'
import { readEntry, TOO_LARGE, type EntryHead, type ReadEntry } from './agent-entry.ts'
import { lostFinding } from './agent-findings.ts'
import type { AgentHello } from './agent-hello.ts'
import { positionName, type AgentPosition } from './agent-position.ts'
import type { RegisteredAgent } from './agent-registry.ts'
import type { InputBatch } from './input.ts'
import { DROPPED_BY_KERNEL, NO_ROOM } from './syslog-datagrams.ts'

/** What an agent sent and is not committed. */
export interface Delivery {
  readonly agent: RegisteredAgent
  readonly hello: AgentHello
  readonly entries: readonly Entry[]
  /** So many of the first are committed already. */
  readonly repeated: number
  /** Whether it may have an input of this name. */
  readonly admits: (input: string) => boolean
  /** When it arrived, ms. */
  readonly at: number
  /** What is told of the agent itself. */
  readonly findings: readonly Finding[]
}

const UNREADABLE = 'agent: entry that cannot be read'
/** Failures that are records which were lost. */
const LOST: ReadonlySet<string> = new Set([NO_ROOM, DROPPED_BY_KERNEL, TOO_LARGE])

type Numbered = { readonly read: ReadEntry | undefined; readonly place: SpoolPlace }

/**
 * What an agent sent, as batches of its inputs in their order; each says how far the agent was read with it. Entries
 * of one input that follow on each other are one batch. One at least: that the agent was heard is kept as well.
 */
export function* batchesOf(delivery: Delivery, position: AgentPosition | undefined): Generator<InputBatch> {
  const { agent, hello, at, findings } = delivery
  const entries = numbered(delivery).slice(delivery.repeated)
  const known = position?.spool === hello.spool ? position : undefined
  let { place, lost } = {
    place: known?.place ?? hello.before,
    lost: position?.lost ?? 0,
  }
  const positionAt = (): NonNullable<InputBatch['position']> => {
    const inputs = hello.inputs.map(({ name, type }) => ({ name, type }))
    const value: AgentPosition = {
      spool: hello.spool,
      place,
      before: hello.before,
      contact: at,
      lost,
      inputs,
    }
    return { of: positionName(agent.name), value }
  }
  if (findings.length > 0 || entries.length === 0)
    yield { chunks: [], findings, unreadable: [], position: positionAt() }
  for (let from = 0; from < entries.length;) {
    const run = runFrom(entries, from)
    from += run.length
    place = run.at(-1)?.place ?? place
    const batch = batchOf(delivery, run)
    lost += lostIn(batch.unreadable)
    yield { ...batch, position: positionAt() }
  }
}

function numbered({ hello, entries, admits }: Delivery): readonly Numbered[] {
  let { number, digest: before } = hello.before
  return entries.map((entry) => {
    number += 1
    before = chained(before, entry)
    const read = readEntry(entry)
    const isAdmitted = read !== undefined && admits(read.head.input)
    return { read: isAdmitted ? read : undefined, place: { number, digest: before } }
  })
}

/** The place up to which a delivery leads that is committed already. */
export function placeAfter(
  { hello, entries }: Pick<Delivery, 'hello' | 'entries'>,
  count: number,
): SpoolPlace {
  let place = hello.before
  for (const entry of entries.slice(0, count))
    place = { number: place.number + 1, digest: chained(place.digest, entry) }
  return place
}

/** Those that follow on each other and are of one input. */
function runFrom(entries: readonly Numbered[], from: number): readonly Numbered[] {
  const key = keyOf(entries[from])
  let to = from + 1
  while (to < entries.length && keyOf(entries[to]) === key) to += 1
  return entries.slice(from, to)
}

function keyOf(entry: Numbered | undefined): string {
  const head = entry?.read?.head
  return head === undefined ? '' : JSON.stringify([head.input, head.type, head.sources])
}

function batchOf({ agent, hello }: Delivery, run: readonly Numbered[]): InputBatch {
  const [first] = run
  const head = first?.read?.head
  if (head === undefined) {
    const unreadable = [{ stream: agent.name, reason: UNREADABLE, count: run.length }]
    return { chunks: [], findings: [], unreadable }
  }
  const name = memberName(agent, head.input)
  const machine = machineOf(agent)
  const streamOf = (stream: string): string => memberStream(agent, hello.spool, head, stream)
  const reads = run.flatMap(({ read, place }) => (read === undefined ? [] : [{ ...read, place }]))
  return {
    of: { name, sources: sourcesOf(agent, head) },
    chunks: reads.flatMap(({ chunks }) =>
      chunks.map((chunk): Chunk => ({
        ...chunk,
        stream: streamOf(chunk.stream),
        path: `${agent.name}:${chunk.path ?? chunk.stream}`,
        machine,
        kept: true,
      })),
    ),
    findings: reads.flatMap(({ head: { findings, unreadable, since, at }, place }) => {
      const told = findings.map((finding) => findingOf(agent, finding))
      const count = lostIn(unreadable.map(countedOnce))
      const isTooLarge = unreadable.some(({ reason }) => reason === TOO_LARGE)
      const loss = { count, number: place.number, spool: hello.spool, isTooLarge }
      return count === 0 ? told : [...told, lostFinding(agent, name, loss, { since, until: at })]
    }),
    unreadable: reads.flatMap(({ head: { unreadable } }) =>
      unreadable.map(countedOnce).map((one) => ({ ...one, stream: `${agent.name}:${one.stream}` })),
    ),
  }
}

/** The name of an agent's input; those of inputs hold no slash. */
export function memberName(agent: Pick<RegisteredAgent, 'name'>, input: string): string {
  return `${agent.name}/${input}`
}

/**
 * The stream of an agent's input. The spool's name stands in it: one that begins anew may count from the beginning
 * again. What the Docker input named stays an engine's own, and what the Kubernetes input named an API server's, of an
 * agent that may tell of clusters.
 */
function memberStream(
  { name, relays }: RegisteredAgent,
  spool: string,
  { input, type }: EntryHead,
  stream: string,
): string {
  const within = `${name}/${input}@${spool.slice(0, 8)}`
  const own = `${type}:${input}:`
  const isOwn = (type === 'docker' || (type === 'kubernetes' && relays)) && stream.startsWith(own)
  return isOwn ? `${type}:${within}:${stream.slice(own.length)}` : `agent:${within}:${stream}`
}

function machineOf({ name, host, node, cluster, relays }: RegisteredAgent): Machine {
  return {
    agent: name,
    relays,
    resource: {
      'host.name': host,
      ...(node !== undefined && { 'k8s.node.name': node }),
      ...(cluster !== undefined && { 'k8s.cluster.name': cluster }),
    },
  }
}

function sourcesOf({ relays }: RegisteredAgent, { sources }: EntryHead): readonly SourceName[] | undefined {
  if (relays) return sources
  return (sources ?? SOURCE_NAMES).filter(isAboutMachines)
}

/** A finding of an agent's input is about that, and of its machine. */
function findingOf(agent: RegisteredAgent, finding: EntryHead['findings'][number]): Finding {
  const { id, kind, about, since, until, message, resource, lost, closed } = finding
  return {
    id: digest('agent', agent.name, id),
    kind,
    about: memberName(agent, about),
    since: Math.min(since, until),
    until,
    message,
    resource: { ...resource, ...machineOf(agent).resource },
    ...(lost !== undefined && { lost }),
    ...(closed !== undefined && { closed }),
  }
}

function countedOnce({ stream, reason, count = 1 }: EntryHead['unreadable'][number]) {
  return { stream, reason, count }
}

function lostIn(unreadable: InputBatch['unreadable']): number {
  return unreadable.reduce((sum, { reason, count = 1 }) => sum + (LOST.has(reason) ? count : 0), 0)
}
