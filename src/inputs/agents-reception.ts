import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Entry } from '../domain/chained.ts'
import { placeAfter, type Delivery } from './agent-batches.ts'
import type { Contacts } from './agent-contacts.ts'
import { parsedJson } from './agent-entry.ts'
import { unframed } from './agent-frames.ts'
import { AGENT_PATH, agentHello, type AgentHello } from './agent-hello.ts'
import { followingOf, type AgentPosition } from './agent-position.ts'
import type { AgentRegistry, RegisteredAgent } from './agent-registry.ts'
import { FULL, refusal, send, STOPPING, STRANGER, type Answer } from './http-answer.ts'
import { codingOf, takeRoom, tooLarge, type BodyLimits } from './http-body.ts'
import type { Reaction } from './http-listener.ts'
import { receive } from './http-upload.ts'
import { inflate } from './inflate.ts'
import { pathOf } from './otlp-answer.ts'
import type { Senders } from './senders.ts'
import { createTurns } from './turns.ts'
import type { Room, WaitingBytes } from './waiting-bytes.ts'

/** What an agent sent, to be committed; or nothing, and only that it was heard. */
export interface WaitingDelivery extends Delivery {
  /** To be called after the commit. */
  readonly committed: () => void
}

export interface AgentsReception extends Reaction {
  /** Answers everybody who waits, and everybody who comes, that nothing more is taken. */
  stop(): void
}

/** Under this name those are counted who show no agent's token. */
const STRANGERS = '(no token)'
const HELLO_BYTES = 256 * 1024
/** Entries of one request at most. */
const MOST_ENTRIES = 10_000

/** Takes in what agents send; each has one request at a time, which is answered when it is committed. */
export function createAgentsReception({
  registry,
  contacts,
  position,
  waiting,
  limits,
  senders,
  push,
}: {
  readonly registry: AgentRegistry
  readonly contacts: Contacts
  readonly position: (agent: string) => AgentPosition | undefined
  readonly waiting: WaitingBytes
  readonly limits: BodyLimits
  readonly senders: Senders
  readonly push: (delivery: WaitingDelivery) => void
}): AgentsReception {
  const inTurn = createTurns()
  const unanswered = new Set<(answer: Answer) => void>()
  /** Agents of which something is being taken in. */
  const busy = new Set<string>()
  let stopped = false

  const takeIn = async (
    request: IncomingMessage,
    { agent, room }: { readonly agent: RegisteredAgent; readonly room: Room },
  ): Promise<Answer | WaitingDelivery | undefined> => {
    let full: Answer | undefined
    let received = 0
    const upload = await receive(request, limits.body, (bytes) => {
      received += bytes
      full = takeRoom(room, received)
      return full === undefined
    })
    if (upload.kind === 'aborted') return undefined
    if (upload.kind === 'too-large') return tooLarge(limits.body).refusal
    if (upload.kind === 'refused') return full ?? FULL
    const unpacked = await inTurn(() => unpackedOf(request, upload.bytes, limits.unpacked))
    if (unpacked === 'too-large') return tooLarge(limits.unpacked).refusal
    const read = unpacked === 'damaged' ? undefined : readRequest(unpacked)
    if (read === undefined) return NOT_UNDERSTOOD
    full = takeRoom(room, read.bytes)
    if (full !== undefined) return full
    // it may have been taken away meanwhile
    if (registry.of(tokenOf(request))?.name !== agent.name) return STRANGER
    return follow(agent, read)
  }

  /** Where it goes on, by what is committed now: nothing else of this agent is on its way. */
  const follow = (
    agent: RegisteredAgent,
    { hello: said, entries }: { readonly hello: AgentHello; readonly entries: readonly Entry[] },
  ): Answer | WaitingDelivery => {
    const at = Date.now()
    const admits = (input: string): boolean => contacts.admits(agent, input)
    const hello = { ...said, inputs: said.inputs.filter(({ name }) => admits(name)) }
    const stored = position(agent.name)
    const following = followingOf(hello, stored)
    if (following.kind === 'elsewhere') return elsewhere(stored)
    const { repeated, begins } = following
    // what is passed over must be what was taken, all of it: numbers alone may have been given twice
    if (repeated > 0 && placeAfter({ hello, entries }, repeated).digest !== stored?.place.digest)
      return elsewhere(stored)
    const { findings, isDue } = contacts.heard(agent, hello, begins, at)
    const delivery = { agent, hello, entries, repeated, admits, at, findings }
    const committed = (): void => contacts.committed(agent, hello, entries.length)
    if (entries.length > delivery.repeated || isDue || begins !== undefined) return { ...delivery, committed }
    committed()
    return COMMITTED
  }

  const handle = (request: IncomingMessage, response: ServerResponse, know: () => void): void => {
    const agent = registry.of(tokenOf(request))
    if (agent === undefined) {
      senders.count(STRANGERS, 'refused', Date.now())
      return send(request, response, STRANGER, Date.now())
    }
    know()
    const answer = (said: Answer): void => {
      unanswered.delete(answer)
      const outcome = said.kind === 'committed' ? 'committed' : 'refused'
      senders.count(agent.name, outcome, Date.now())
      send(request, response, said, Date.now())
    }
    if (stopped) return answer(STOPPING)
    const wrong = wrongOf(request)
    if (wrong !== undefined) return answer(wrong)
    if (busy.has(agent.name)) return answer(BUSY)
    const room = waiting.room(agent.name)
    busy.add(agent.name)
    unanswered.add(answer)
    response.once('close', () => unanswered.delete(answer))
    const done = (said: Answer | undefined): void => {
      room.leave()
      busy.delete(agent.name)
      if (said !== undefined) answer(said)
    }
    const take = async (): Promise<void> => {
      const taken = await takeIn(request, { agent, room })
      if (taken === undefined || 'kind' in taken) return done(taken)
      push({
        ...taken,
        committed() {
          taken.committed()
          done(COMMITTED)
        },
      })
    }
    void take()
  }

  return {
    handle,
    crowded: () => senders.count(STRANGERS, 'refused', Date.now()),
    stop() {
      stopped = true
      for (const answer of unanswered) answer(STOPPING)
    },
  }
}

async function unpackedOf(
  request: IncomingMessage,
  sent: Buffer,
  limit: number,
): Promise<Buffer | 'too-large' | 'damaged'> {
  const coding = codingOf(request)
  if (coding === undefined) return sent
  const inflated = await inflate(sent, coding, limit)
  return inflated.kind === 'inflated' ? inflated.bytes : inflated.kind
}

/** The first entry is what the agent says of itself. */
function readRequest(
  bytes: Buffer,
): { readonly hello: AgentHello; readonly entries: readonly Entry[]; readonly bytes: number } | undefined {
  const [first, ...entries] = unframed(bytes) ?? []
  if (first === undefined || first.head.length > HELLO_BYTES || entries.length > MOST_ENTRIES)
    return undefined
  const hello = agentHello.safeParse(parsedJson(first.head))
  return hello.success ? { hello: hello.data, entries, bytes: bytes.length } : undefined
}

function tokenOf({ headers: { authorization = '' } }: IncomingMessage): string {
  return /^Bearer +(\S+) *$/i.exec(authorization)?.[1] ?? ''
}

function wrongOf(request: IncomingMessage): Answer | undefined {
  if (pathOf(request) !== AGENT_PATH) return ELSEWHERE
  if (request.method !== 'POST') return NOT_POSTED
  const coding = request.headers['content-encoding'] ?? 'identity'
  return coding !== 'identity' && codingOf(request) === undefined ? UNKNOWN_CODING : undefined
}

/** What the agent is to find out about: what of it is known here. */
function elsewhere(position: AgentPosition | undefined): Answer {
  const { spool, place } = position ?? {}
  return {
    ...refusal(409, 'this does not go on where the agent was read to', {
      mend: 'the agent goes on by itself from what is known here',
    }),
    more: { position: spool === undefined ? null : { spool, ...place } },
  }
}

const COMMITTED: Answer = { kind: 'committed', repeated: false, broken: 0 }
const BUSY = refusal(503, 'a request of this agent is still being taken in', {
  mend: 'send it again after Retry-After',
  headers: { 'Retry-After': '1' },
})
const NOT_UNDERSTOOD = refusal(400, 'this is not what an agent of this version sends', {
  mend: 'run the same version of Tallyman on both machines',
})
const ELSEWHERE = refusal(404, 'nothing is taken here', {
  mend: `agents send to ${AGENT_PATH}: name the address of an input of type agents with --to`,
})
const NOT_POSTED = refusal(405, 'this method is not understood', { mend: 'POST', headers: { Allow: 'POST' } })
const UNKNOWN_CODING = refusal(415, 'this content encoding is not taken', { mend: 'send zstd or gzip' })
