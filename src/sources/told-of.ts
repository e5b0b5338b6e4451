import { isAboutMachines } from '../domain/beyond-machines.ts'
import type { Event, Fact, Finding, Machine, Resource, SourceName } from '../domain/event.ts'
import { digest } from '../domain/hash.ts'
import { factWithBase, isOfItsMachine, withBase } from './base-resource.ts'
import type { Identity } from './source.ts'

/** What records meant. */
export interface Told {
  readonly events: readonly Event[]
  readonly facts: readonly Fact[]
  readonly identity?: Identity
  readonly completed?: readonly Event[]
}

const PLACES = ['host.name', 'k8s.node.name'] as const

/** Whether a machine's agent may tell of nothing but that machine in records of this source. */
export function isBoundTo({ relays }: Machine, source: SourceName): boolean {
  return !relays || isOfItsMachine(source)
}

/**
 * What was read on another machine, told of that machine: no record says otherwise, and what identifies one there
 * identifies none elsewhere, so that no agent is first with what another one will tell. Records that name another
 * machine are a finding. Of what an agent relays, only what is missing is added.
 */
export function toldOf<T extends Told>(machine: Machine, source: SourceName, told: T): T {
  if (!isBoundTo(machine, source)) {
    return {
      ...told,
      events: told.events.map((event) =>
        withMachine(machine, source, withBase(machine.resource, source, event)),
      ),
      facts: told.facts.map((fact) => factWithBase(machine.resource, source, fact)),
    }
  }
  const { events, facts, identity, completed } = told
  const other =
    otherPlace(machine, events) ?? otherPlace(machine, completed ?? NOTHING) ?? otherPlace(machine, facts)
  return {
    ...told,
    events: events.map((event) => eventOf(machine, event)),
    facts: [
      ...facts.map((fact) => factOf(machine, fact)),
      ...(other === undefined
        ? NOTHING
        : [{ kind: 'finding' as const, finding: otherFinding(machine, source, other) }]),
    ],
    ...(identity !== undefined && { identity: { ...identity, id: own(machine, identity.id) } }),
    ...(completed !== undefined && { completed: completed.map((event) => eventOf(machine, event)) }),
  }
}

/**
 * What is relayed and names no machine was seen on that of the agent; but who had which address is asked of all
 * machines, and what is about a cluster is about none.
 */
function withMachine({ resource: place }: Machine, source: SourceName, event: Event): Event {
  const { resource, flow } = event
  const isPlaced = resource['host.name'] !== undefined || resource['k8s.node.name'] !== undefined
  if (isPlaced || flow !== undefined || !isAboutMachines(source)) return event
  return { ...event, resource: { ...resource, 'host.name': place['host.name'] } }
}

/** An id that only this agent's records have. */
function own({ agent }: Machine, id: string): string {
  return `${agent}/${id}`
}

function eventOf(machine: Machine, event: Event): Event {
  return {
    ...event,
    id: own(machine, event.id),
    resource: placed(machine, event.resource),
    ...(event.once !== undefined && { once: own(machine, event.once) }),
  }
}

function factOf(machine: Machine, fact: Fact): Fact {
  switch (fact.kind) {
    case 'container':
      return { ...fact, resource: placed(machine, fact.resource) }
    case 'container-gone':
      return fact.releases === undefined ? fact : { ...fact, releases: own(machine, fact.releases) }
    case 'finding':
      return { kind: 'finding', finding: findingOf(machine, fact.finding) }
    // of what an agent's machine says of clusters nothing is taken
    case 'created':
    // it tells of what the agent's own inputs told
    case 'orchestrator-look':
      return fact
    case 'container-look': {
      const { look } = fact
      const host = machine.resource['host.name']
      return { ...fact, look: { ...look, host, observer: own(machine, look.observer) } }
    }
    case 'sensor-record': {
      const { run, previous } = fact.mark
      const before = previous?.run === undefined ? previous : { ...previous, run: own(machine, previous.run) }
      const mark = { ...fact.mark, run: own(machine, run), host: machine.resource['host.name'] }
      return { kind: 'sensor-record', mark: { ...mark, ...(before !== undefined && { previous: before }) } }
    }
  }
}

/** A finding of an agent's machine. */
export function findingOf(machine: Machine, finding: Finding): Finding {
  return {
    ...finding,
    id: digest('agent', machine.agent, finding.id),
    resource: placed(machine, finding.resource ?? {}),
  }
}

const NOTHING: readonly never[] = []

function placed({ resource: place }: Machine, resource: Resource): Resource {
  if (isPlaced(place, resource)) return resource
  const { 'k8s.node.name': node, ...rest } = resource
  return { ...rest, ...(isOwn(place, node) && { 'k8s.node.name': node }), ...place }
}

/** Whether it says all that is said of the machine, and names no other. */
function isPlaced(place: Resource, resource: Resource): boolean {
  for (const name of Object.keys(place)) if (resource[name] !== place[name]) return false
  const node = resource['k8s.node.name']
  return node === undefined || isOwn(place, node)
}

function isOwn(place: Resource, name: Resource[string] | undefined): name is string {
  return PLACES.some((own) => place[own] === name) && name !== undefined
}

/** A machine that records name and that is not theirs. */
function otherPlace(
  { resource: place }: Machine,
  told: readonly (Event | Fact)[],
): { readonly name: string; readonly time: number } | undefined {
  for (const one of told) {
    if ('kind' in one && one.kind !== 'container') continue
    for (const name of PLACES) {
      const said = one.resource[name]
      if (typeof said === 'string' && !isOwn(place, said)) return { name: said, time: one.time }
    }
  }
  return undefined
}

/** Told once: an agent whose machine has another name says so with each record. */
function otherFinding(
  machine: Machine,
  source: SourceName,
  { name, time }: { readonly name: string; readonly time: number },
): Finding {
  const { agent, resource } = machine
  return {
    id: digest('identity-conflict', 'machine', agent, source),
    kind: 'identity-conflict',
    about: agent,
    since: time,
    until: time,
    message: `records of ${source} name the machine ${name.slice(0, 128)} and were told of ${resource['host.name']}: if that is what this machine calls itself, 'tallyman agent set ${agent} --host' says so`,
    resource,
  }
}
