import type { Event, Resource } from '../domain/event.ts'
import type { Holder } from './addresses.ts'

/** What rules ask of the container at an end of a connection: `client.` or `server.` before the attribute's name. */
const ATTRIBUTES = [
  'container.id',
  'container.name',
  'container.image.name',
  'k8s.namespace.name',
  'k8s.pod.name',
] as const

/**
 * The event with the containers at both ends of its connection, found by their addresses at that time. It happened
 * to the client if that is a container, else to the server. What the event says itself wins: the machine that it
 * names is where it was seen.
 */
export function withPeers(
  event: Event,
  holder: (address: string, time: number, host: string | undefined) => Holder | undefined,
): Event {
  const { flow } = event
  if (flow === undefined) return event
  const said = event.resource['host.name']
  const host = typeof said === 'string' ? said : undefined
  const client = holder(flow.client, event.time, host)
  const server = holder(flow.server, event.time, host)
  if (client === undefined && server === undefined) return event
  return {
    ...event,
    resource: { ...(resourceOf(client) ?? resourceOf(server)), ...event.resource },
    record: {
      ...(event.record as Readonly<Record<string, unknown>>),
      ...fieldsOf('client', client),
      ...fieldsOf('server', server),
    },
  }
}

function resourceOf(holder: Holder | undefined): Resource | undefined {
  return holder?.kind === 'container' ? holder.row.resource : undefined
}

function fieldsOf(end: 'client' | 'server', holder: Holder | undefined): Readonly<Record<string, unknown>> {
  if (holder === undefined) return {}
  if (holder.kind === 'several') return { [`${end}.container.ambiguous`]: true }
  const { resource } = holder.row
  return Object.fromEntries(
    ATTRIBUTES.flatMap((name) => (resource[name] === undefined ? [] : [[`${end}.${name}`, resource[name]]])),
  )
}
