import type { SourceName } from '../../src/domain/event.ts'
import { engineStream } from '../../src/domain/engine-stream.ts'
import { createEngine, LOOK, type Told } from './engine.ts'
import type { Ledger } from './ledger.ts'
import type { AgentInput, NodeAgent } from './node-agent.ts'
import { auditWriter, dockerWriters, kubernetesWriters, sensorStart, type Writer } from './writers.ts'
import type { Container, Machine, World } from './world.ts'

/** What one machine writes. */
export interface Node {
  readonly machine: Machine
  /** What is there at first. */
  begin(now: number): void
  /** All that it writes between two times, ms. */
  write(from: number, to: number): void
  /** A container took another's place; its engine says so a moment later. */
  replaced(ended: Container, started: Container, now: number): void
  /** What its engine has not said yet. */
  end(): void
}

export const LOGS: AgentInput = { name: 'logs', type: 'file' }
export const DOCKER: AgentInput = { name: 'docker', type: 'docker' }

/** Of all records of a machine. */
const SHARES: Partial<Record<SourceName, readonly number[]>> = {
  sensor: [0.66],
  'zeek.conn': [0.12],
  'suricata.eve': [0.04, 0.03],
  auditd: [0.15],
  tetragon: [0.45],
  falco: [0.35],
  hubble: [0.2],
}
/** Each container has a health check, so often, ms. */
const CHECK = 30_000
/** An engine tells of a container so much later than sensors see it, at most; ms. */
const LATE = 1_500

export interface NodeParts {
  readonly world: World
  readonly ledger: Ledger
  readonly agent: Pick<NodeAgent, 'append'>
  /** Records a second. */
  readonly rate: number
}

export function createNode(machine: Machine, { world, ledger, agent, rate }: NodeParts): Node {
  const { name, kind } = machine
  const run = `${name}:${world.random.hex(8)}`
  const shares = new Map<SourceName, number>()
  const streams: Stream[] = (
    kind === 'docker' ? dockerWriters(world, run, name) : kubernetesWriters(world, name)
  ).map((writer) => {
    const n = shares.get(writer.source) ?? 0
    shares.set(writer.source, n + 1)
    return { writer, share: SHARES[writer.source]?.[n] ?? 0, owed: 0 }
  })
  const audit = auditWriter()
  const engine = createEngine(machine)
  let owedAudit = 0
  let later: { readonly at: number; readonly tell: () => Told }[] = []
  let [looked, checked] = [0, 0]

  const tell = ({ text, inspect, events }: Told): void => {
    agent.append(DOCKER, engineStream(DOCKER.name, name), text)
    if (inspect > 0) ledger.wrote('docker.inspect', inspect)
    if (events > 0) ledger.wrote('docker.events', events)
  }
  const writeStream = (stream: Stream, from: number, to: number): string => {
    const { writer, share } = stream
    const due = stream.owed + ((to - from) / 1_000) * rate * share
    const count = Math.floor(due)
    stream.owed = due - count
    let text = ''
    for (let n = 0; n < count; n += 1) {
      const at = from + ((to - from) * n) / count - writer.delay
      const container = runningAt(machine, world, at)
      if (container === undefined) continue
      text += `${writer.write(container, at, ledger.mark(container))}\n`
      ledger.wrote(writer.source)
      ledger.about(writer.source, container)
    }
    return text
  }
  const writeAudit = (from: number, to: number): string => {
    owedAudit += ((to - from) / 1_000) * rate * (SHARES.auditd?.[0] ?? 0)
    let text = ''
    while (owedAudit > 0) {
      const written = audit.write(to)
      text += written.text
      owedAudit -= written.records
      ledger.wrote('auditd', written.records)
    }
    return text
  }
  const tellLater = (): void => {
    for (const one of later) tell(one.tell())
    later = []
  }
  return {
    machine,
    begin(now) {
      if (kind !== 'docker') return
      tell(engine.inventory())
      tell(engine.running(now))
      agent.append(LOGS, 'sensor/events.jsonl', `${sensorStart(run, name, now)}\n`)
      ledger.wrote('sensor')
      looked = checked = now
    },
    write(from, to) {
      const texts = new Map<string, string>()
      for (const stream of streams) {
        const { file } = stream.writer
        texts.set(file, (texts.get(file) ?? '') + writeStream(stream, from, to))
      }
      if (kind === 'docker') texts.set('audit/audit.log', writeAudit(from, to))
      for (const [file, text] of texts) if (text !== '') agent.append(LOGS, file, text)
      const due = later.filter(({ at }) => at <= to)
      later = later.filter(({ at }) => at > to)
      for (const each of due) tell(each.tell())
      if (kind !== 'docker') return
      const each = CHECK / machine.containers.length
      for (; checked + each <= to; checked += each) {
        const container = world.random.of(machine.containers)
        tell(engine.checked(container, checked + each))
      }
      if (to - looked < LOOK) return
      looked = to
      // an engine that lists them has told of them
      tellLater()
      tell(engine.running(to))
    },
    end: tellLater,
    replaced(ended, started, now) {
      if (kind !== 'docker') return
      const at = now + 200 + world.random.below(LATE - 200)
      later.push({ at, tell: () => engine.ended(ended) }, { at, tell: () => engine.started(started, now) })
    },
  }
}

interface Stream {
  readonly writer: Writer
  readonly share: number
  /** A part of a record that is still to be written. */
  owed: number
}

/** One of those that ran at that time. */
function runningAt({ containers, past }: Machine, { random }: World, at: number): Container | undefined {
  const any = random.below(containers.length + past.length)
  const all = containers.length + past.length
  for (let n = 0; n < all; n += 1) {
    const index = (any + n) % all
    const one = index < containers.length ? containers[index] : past[index - containers.length]
    if (one !== undefined && one.started <= at && (one.ended === undefined || one.ended > at)) return one
  }
  return undefined
}
