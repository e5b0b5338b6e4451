import type { Event, Resource } from '../domain/event.ts'
import { workloadName } from '../domain/workload-name.ts'
import type { Holder } from './addresses.ts'

/** What rules ask of the container at an end of a connection: `client.` or `server.` before the attribute's name. */
const ATTRIBUTES = [
  'container.id',
  'container.name',
  'container.image.name',
  'k8s.namespace.name',
  'k8s.pod.name',
] as const

/** Who had the addresses at the ends of a connection; at least one of them somebody had. */
export interface Peers {
  readonly client: Holder | undefined
  readonly server: Holder | undefined
}

/**
 * The containers at both ends of an event's connection, found by their addresses at that time; undefined where
 * there is none. The machine that the event names is where it was seen.
 */
export function peersOf(
  { flow, time, resource }: Pick<Event, 'flow' | 'time' | 'resource'>,
  holder: (address: string, time: number, host: string | undefined) => Holder | undefined,
): Peers | undefined {
  if (flow === undefined) return undefined
  const said = resource['host.name']
  const host = typeof said === 'string' ? said : undefined
  const at = flow.opened ?? time
  const client = holder(flow.client, at, host)
  const server = holder(flow.server, at, host)
  return client === undefined && server === undefined ? undefined : { client, server }
}

/**
 * The event with the containers at both ends of its connection. It happened to the client if that is a container,
 * else to the server. What the event says itself wins.
 */
export function withPeers(event: Event, { client, server }: Peers): Event {
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
  const workload = workloadName(resource)
  const namespace = resource['k8s.namespace.name'] ?? resource['service.namespace']
  return {
    ...Object.fromEntries(
      ATTRIBUTES.flatMap((name) =>
        resource[name] === undefined ? [] : [[`${end}.${name}`, resource[name]]],
      ),
    ),
    ...(workload !== undefined && { [`${end}.workload`]: workload }),
    ...(namespace !== undefined && { [`${end}.namespace`]: namespace }),
  }
}
