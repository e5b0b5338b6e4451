import { setTimeout as sleep } from 'node:timers/promises'
import { UserError } from '../domain/errors.ts'
import type { Finding } from '../domain/event.ts'
import { batchesOf } from './agent-batches.ts'
import { createContacts, type Contacts } from './agent-contacts.ts'
import { positionName, type AgentPosition } from './agent-position.ts'
import { openAgents, type AgentRegistry } from './agent-registry.ts'
import { createAgentsReception, type WaitingDelivery } from './agents-reception.ts'
import type { BodyLimits } from './http-body.ts'
import { listen } from './http-listener.ts'
import type { Input, InputBatch, Reach, Resume } from './input.ts'
import { createSenders } from './senders.ts'
import { tlsFileNames, type TlsFiles } from './tls-files.ts'
import { createWaitingBytes } from './waiting-bytes.ts'
import { watchFiles } from './watched-files.ts'

export interface AgentsInputOptions {
  readonly name: string
  /** Address to listen on. */
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly tls?: TlsFiles | undefined
  /** File of those who may send; read again when it changes. */
  readonly agents: string
  /** In bytes; `waiting` is all that was let in and is not committed. */
  readonly limits: BodyLimits & { readonly waiting: number }
  /** One line for people. */
  readonly say: (line: string) => void
}

const LOOK_EVERY = 1_000
/** Deliveries that are flushed to the disk together: none waits for more than so many others. */
const TOGETHER = 16

/**
 * What agents of other machines deliver: each has a spool of numbered entries, which come in order and are answered
 * when they are committed. How far an agent was read is committed with what its entries led to, so that a request
 * that comes again is known by its place. Each of an agent's inputs is handed on as an input of its own
 * (`<agent>/<input>`), of the machine that its token is for; the bytes of its streams cannot be read again.
 *
 * Findings: `coverage-lost` while an agent is not heard, `unobserved-interval` where its spool and what is known here
 * do not go together, and where it lost something, `bound-reached` where its clock is wrong.
 *
 * Throws a UserError where it cannot listen, or a file of agents or of TLS is of no use.
 */
export function agentsInput(options: AgentsInputOptions): Input {
  const { name } = options
  const senders = createSenders()
  let reach: Reach = { kind: 'behind' }
  let contacts: Contacts | undefined
  let registry: AgentRegistry | undefined
  return {
    name,
    reach: () => (reach.kind === 'caught-up' ? { kind: 'caught-up', until: Date.now() } : reach),
    senders: () => senders.list(),
    agents: () => contacts?.list() ?? [],
    handsOn(member) {
      registry ??= openAgents(options.agents)
      const agent = member.slice(0, Math.max(0, member.indexOf('/')))
      return registry.list().some((each) => each.name === agent)
    },
    async *read(resume: Resume, signal: AbortSignal): AsyncIterable<InputBatch> {
      const known = openAgents(options.agents)
      registry = known
      const position = (agent: string): AgentPosition | undefined =>
        resume.position?.(positionName(agent)) as AgentPosition | undefined
      const heard = createContacts({ agents: () => known.list(), position, now: Date.now })
      contacts = heard
      const queue: WaitingDelivery[] = []
      const total = Math.max(options.limits.waiting, options.limits.body + options.limits.unpacked)
      const waiting = createWaitingBytes({ total, share: options.limits.body + options.limits.unpacked })
      const { limits } = options
      let wake = new AbortController()
      const push = (delivery: WaitingDelivery): void => {
        queue.push(delivery)
        wake.abort()
      }
      const reception = createAgentsReception({
        registry: known,
        contacts: heard,
        position,
        waiting,
        limits,
        senders,
        push,
      })
      const listener = await listen(options, reception)
      const unwatch = watchFiles([options.agents, ...tlsFileNames(options.tls)], () =>
        reread(options, [known, listener]),
      )
      const many = known.list().length
      options.say(
        `${name}: takes what ${many} ${many === 1 ? 'agent sends' : 'agents send'} at ${listener.url}`,
      )
      reach = { kind: 'caught-up', until: 0 }
      try {
        while (!signal.aborted) {
          if (queue.length === 0)
            await sleep(LOOK_EVERY, undefined, { signal: AbortSignal.any([signal, wake.signal]) }).catch(
              () => {},
            )
          wake = new AbortController()
          const missing = heard.missing(Date.now())
          if (missing.length > 0) yield findingsBatch(missing)
          while (queue.length > 0) {
            yield* handedOn(queue.splice(0, TOGETHER), position)
            if (signal.aborted) return
          }
        }
      } finally {
        reach = { kind: 'cut', since: Date.now() }
        unwatch()
        reception.stop()
        await listener.close()
      }
    },
  }
}

/**
 * Their senders hear of success when the last batch of all of them is committed: that commit is flushed to the disk, and
 * with it those before it, which would each wait for the disk otherwise.
 */
function* handedOn(
  deliveries: readonly WaitingDelivery[],
  position: (agent: string) => AgentPosition | undefined,
): Generator<InputBatch> {
  let held: InputBatch | undefined
  for (const delivery of deliveries) {
    for (const batch of batchesOf(delivery, position(delivery.agent.name))) {
      if (held !== undefined) yield held
      held = batch
    }
  }
  const committed = (): void => {
    for (const delivery of deliveries) delivery.committed()
  }
  if (held === undefined) committed()
  else yield { ...held, committed }
}

function findingsBatch(findings: readonly Finding[]): InputBatch {
  return { chunks: [], findings, unreadable: [] }
}

/** A file that is just being replaced may be of no use: what was read before holds until it is. */
function reread(
  { name, say }: AgentsInputOptions,
  readers: readonly { readonly reread: () => void }[],
): void {
  try {
    for (const reader of readers) reader.reread()
    say(`${name}: read its agents and certificates again`)
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause
    say(`${name}: goes on with the agents and certificates that it had: ${cause.message}`)
  }
}
