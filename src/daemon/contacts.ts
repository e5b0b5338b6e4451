import type { SourceName } from '../domain/event.ts'
import type { Contact } from '../engine/assumptions.ts'
import type { AgentInput, AgentStatus } from '../inputs/agent-status.ts'
import type { Input, Reach } from '../inputs/input.ts'

/** Inputs that ask who makes the records, and what they are told: while they are in contact, silence is none. */
const TOLD: Readonly<Record<string, readonly SourceName[]>> = {
  docker: ['docker.events', 'docker.inspect'],
  kubernetes: ['kubernetes.api'],
  certstore: ['certstore'],
}

/**
 * By input, whether it is in contact. One that waits for an engine that is not there yet has none to lose. By the
 * inputs of a machine whose agent is not heard nothing comes.
 */
export function contactsOf(
  inputs: readonly {
    readonly type: string
    readonly input: Pick<Input, 'name' | 'reach' | 'awaited' | 'agents'>
  }[],
): ReadonlyMap<string, Contact> {
  return new Map([
    ...inputs.flatMap(({ type, input: { name, reach, awaited } }) =>
      contactOf({ name, type, reach: reach?.(), awaited: awaited?.() === true }),
    ),
    ...inputs.flatMap(({ input: { agents } }) => (agents?.() ?? []).flatMap(agentContacts)),
  ])
}

type Contacted = readonly [string, Contact]

function contactOf({ name, type, reach, awaited }: AgentInput): readonly Contacted[] {
  const sources = TOLD[type]
  if (sources === undefined || reach === undefined || awaited) return []
  return [[name, { sources, cut: cutOf(reach) }]]
}

function agentContacts({ name, state, contact, inputs }: AgentStatus): readonly Contacted[] {
  if (state !== 'cut' || contact === undefined) return inputs.flatMap(contactOf)
  const why = `the agent ${name} is not heard`
  return inputs.map((input) => [input.name, { sources: TOLD[input.type] ?? [], cut: contact, why }])
}

function cutOf(reach: Reach): number | undefined {
  return reach.kind === 'cut' ? reach.since : undefined
}
