import type { SourceName } from '../domain/event.ts'
import type { Contact } from '../engine/assumptions.ts'
import type { Input, Reach } from '../inputs/input.ts'

/** Inputs that ask who makes the records, and what they are told: while they are in contact, silence is none. */
const TOLD: Readonly<Record<string, readonly SourceName[]>> = {
  docker: ['docker.events', 'docker.inspect'],
  kubernetes: ['kubernetes.api'],
}

/** By input, whether it is in contact. One that waits for an engine that is not there yet has none to lose. */
export function contactsOf(
  inputs: readonly { readonly type: string; readonly input: Pick<Input, 'name' | 'reach' | 'awaited'> }[],
): ReadonlyMap<string, Contact> {
  return new Map(
    inputs.flatMap(({ type, input: { name, reach, awaited } }) => {
      const sources = TOLD[type]
      const reached = reach?.()
      return sources === undefined || reached === undefined || awaited?.() === true
        ? []
        : [[name, { sources, cut: cutOf(reached) }] as const]
    }),
  )
}

function cutOf(reach: Reach): number | undefined {
  return reach.kind === 'cut' ? reach.since : undefined
}
