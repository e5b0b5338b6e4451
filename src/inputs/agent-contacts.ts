import type { Finding } from '../domain/event.ts'
import { memberName } from './agent-batches.ts'
import { beganFinding, cutFinding, skewFinding } from './agent-findings.ts'
import type { AgentHello, Beginning } from './agent-hello.ts'
import type { AgentPosition } from './agent-position.ts'
import type { RegisteredAgent } from './agent-registry.ts'
import type { AgentInput, AgentStatus } from './agent-status.ts'
import type { Reach } from './reach.ts'

/** An agent that is there is heard every two seconds; ms. */
const CUT = 15_000
/** No correlation is wrong by less; and clocks that differ by more are not believed about how far they have come, ms. */
const SKEW_TOLD = 10_000
const SKEW_MOST = 300_000
/** That an agent was heard is written anew after this long, ms. */
const WRITTEN_EVERY = 60_000
/** Names that the inputs of one agent had since the start. */
const MOST_INPUTS = 256

/** Which agents are heard, and what they say of themselves. */
export interface Contacts {
  /** Whether an agent may have an input of this name: it may make up any number, and has few. */
  admits(agent: RegisteredAgent, input: string): boolean
  /** A request arrived, which begins so; what is to be told of that with it. */
  heard(agent: RegisteredAgent, hello: AgentHello, begins: Beginning | undefined, at: number): Contact
  /** What it sent is committed: what it says of how far it has come holds. */
  committed(agent: RegisteredAgent, hello: AgentHello, entries: number): void
  /** What is to be told of agents that are not heard. */
  missing(at: number): readonly Finding[]
  list(): readonly AgentStatus[]
}

export interface Contact {
  readonly findings: readonly Finding[]
  /** That it was heard is to be written, though it delivers nothing. */
  readonly isDue: boolean
}

interface Known {
  contact: number
  hello: AgentHello | undefined
  skew: number
  /** All that it had is here. */
  isThrough: boolean
  written: number
  /** It is told that it is not heard since then. */
  cut: number | undefined
  skewTold: number
  lost: number
  inputs: AgentPosition['inputs']
}

/** `position`: what is committed of an agent. `now` is the clock on the wall, ms. */
export function createContacts({
  agents,
  position,
  now,
}: {
  readonly agents: () => readonly RegisteredAgent[]
  readonly position: (agent: string) => AgentPosition | undefined
  readonly now: () => number
}): Contacts {
  const begun = now()
  const known = new Map<string, Known | undefined>()
  const admitted = new Map<string, Set<string>>()

  /** One that was heard before this start counts as cut since then. */
  const of = ({ name }: RegisteredAgent): Known | undefined => {
    if (known.has(name)) return known.get(name)
    const stored = position(name)
    const made = stored && { ...fresh(stored.contact), lost: stored.lost, inputs: stored.inputs }
    known.set(name, made)
    return made
  }
  const isCut = ({ contact, hello }: Known, at: number): boolean =>
    at - (hello === undefined ? Math.max(contact, begun) : contact) > CUT

  return {
    admits({ name }, input) {
      const names = admitted.get(name) ?? new Set(position(name)?.inputs.map((each) => each.name))
      admitted.set(name, names)
      if (names.size < MOST_INPUTS) names.add(input)
      return names.has(input)
    },
    heard(agent, hello, begins, at) {
      const before = of(agent)
      const here = before ?? fresh(at)
      known.set(agent.name, here)
      const findings: Finding[] = []
      if (here.cut !== undefined) {
        findings.push(cutFinding(agent, { since: here.cut, until: at }, true))
        here.cut = undefined
      }
      // of the very first there is nothing to tell
      if (begins !== undefined && (before !== undefined || begins !== 'new'))
        findings.push(
          beganFinding(agent, begins, hello.spool, {
            since: before?.contact ?? hello.oldest ?? at,
            until: at,
          }),
        )
      here.skew = hello.now - at
      if (Math.abs(here.skew) > SKEW_TOLD && at - here.skewTold > WRITTEN_EVERY) {
        here.skewTold = at
        findings.push(skewFinding(agent, here.skew, at))
      }
      here.contact = at
      here.hello = hello
      const isDue = before === undefined || at - here.written >= WRITTEN_EVERY || findings.length > 0
      if (isDue) here.written = at
      return { findings, isDue }
    },
    committed(agent, hello, entries) {
      const here = known.get(agent.name)
      if (here === undefined) return
      here.hello = hello
      here.isThrough = hello.before.number + entries >= hello.last
      here.inputs = hello.inputs
      if (entries > 0) here.lost = position(agent.name)?.lost ?? 0
    },
    missing(at) {
      return agents().flatMap((agent) => {
        const here = of(agent)
        if (here === undefined || !isCut(here, at)) return []
        if (here.cut !== undefined && at - here.written < WRITTEN_EVERY) return []
        here.cut ??= here.contact
        here.isThrough = false
        here.written = at
        return [cutFinding(agent, { since: here.cut, until: at }, false)]
      })
    },
    list() {
      const at = now()
      return agents().map((agent) => {
        const here = of(agent)
        return here === undefined ? silent(agent) : statusOf(agent, here, { at, isCut: isCut(here, at) })
      })
    },
  }
}

function fresh(contact: number): Known {
  return {
    contact,
    hello: undefined,
    skew: 0,
    isThrough: false,
    written: 0,
    cut: undefined,
    skewTold: Number.NEGATIVE_INFINITY,
    lost: 0,
    inputs: [],
  }
}

function silent({ name, host }: RegisteredAgent): AgentStatus {
  return {
    name,
    host,
    state: 'never',
    contact: undefined,
    version: '',
    spool: { bytes: 0, bound: 0 },
    delay: 0,
    skew: 0,
    full: undefined,
    lost: 0,
    inputs: [],
  }
}

function statusOf(
  agent: RegisteredAgent,
  here: Known,
  { at, isCut }: { readonly at: number; readonly isCut: boolean },
): AgentStatus {
  const { contact, hello, skew } = here
  const oldest = here.isThrough ? undefined : hello?.oldest
  return {
    name: agent.name,
    host: agent.host,
    state: isCut ? 'cut' : 'connected',
    contact,
    version: hello?.version ?? '',
    spool: { bytes: hello?.bytes ?? 0, bound: hello?.bound ?? 0 },
    // it may tell nothing for hours: what it keeps meanwhile grows old
    delay: oldest === undefined ? (isCut ? at - contact : 0) : Math.max(0, at - (oldest - skew)),
    skew,
    full: hello?.full,
    lost: here.lost,
    inputs: (hello?.inputs ?? here.inputs).map((input) => inputOf(agent, here, input, isCut)),
  }
}

function inputOf(
  agent: RegisteredAgent,
  { contact, isThrough, skew }: Known,
  input: AgentHello['inputs'][number] | AgentPosition['inputs'][number],
  isCut: boolean,
): AgentInput {
  const said = 'reach' in input ? input.reach : undefined
  const awaited = 'awaited' in input && input.awaited === true
  const reach: Reach = isCut ? { kind: 'cut', since: contact } : reachOf(said, isThrough, skew)
  return { name: memberName(agent, input.name), type: input.type, reach, awaited }
}

/** A clock that is far off would hold up everybody else, or promise what it cannot know. */
function reachOf(said: Reach | undefined, isThrough: boolean, skew: number): Reach {
  if (said === undefined || !isThrough) return { kind: 'behind' }
  const off = Math.abs(skew) > SKEW_MOST ? skew : 0
  if (said.kind === 'caught-up') return { kind: 'caught-up', until: said.until - off }
  return said.kind === 'cut' ? { kind: 'cut', since: said.since - off } : said
}
