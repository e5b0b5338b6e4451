import { isDeepStrictEqual } from 'node:util'
import type { Event, Fact, HostMount } from '../domain/event.ts'
import { GONE_HORIZON, type ContainerRow } from '../domain/state.ts'
import { hostPathOf } from '../domain/host-path-of.ts'
import { createAddressBook, ended, renewed } from './addresses.ts'
import { withPeers } from './peers.ts'

/** Whose an event is: container, image and node attributes joined on the container's id, or on addresses. */
export interface Inventory {
  observe(fact: Fact): void
  /** The event with what is known of its container added; what the event says itself wins. */
  resolve(event: Event): Event
  /** Rows that changed since the last call, to be committed with the batch. */
  changes(): readonly ContainerRow[]
}

const MAX_CONTAINERS = 100_000

/** Starts from stored rows. State is one row a container; memory is bounded by forgetting those longest gone. */
export function createInventory(rows: readonly ContainerRow[]): Inventory {
  const containers = new Map(rows.map((row) => [shortId(row.id), row]))
  const changed = new Map<string, ContainerRow>()
  const book = createAddressBook()
  for (const row of rows) book.put(row)

  const put = (row: ContainerRow): void => {
    containers.set(shortId(row.id), row)
    changed.set(row.id, row)
    book.put(row)
    if (containers.size > MAX_CONTAINERS) forget(containers)
  }

  return {
    observe(fact) {
      if (fact.kind === 'container') {
        const known = containers.get(shortId(fact.id))
        const { id, resource, mounts, time } = fact
        const leases = known?.addresses ?? []
        const addresses =
          fact.addresses === undefined
            ? leases
            : renewed(leases, fact.addresses, { time, before: known?.time ?? time })
        const row = { id, resource, mounts, time, ...(addresses.length > 0 && { addresses }) }
        if (known !== undefined && isDeepStrictEqual({ ...known, time }, row)) return
        put(row)
      } else if (fact.kind === 'container-gone') {
        const known = containers.get(shortId(fact.id))
        if (known !== undefined && known.gone === undefined) put(gone(known, fact.time))
      }
    },
    resolve(event) {
      const id = event.resource['container.id']
      const known = typeof id === 'string' ? containers.get(shortId(id)) : undefined
      if (known === undefined) return withPeers(event, book)
      return {
        ...event,
        resource: { ...known.resource, ...event.resource, 'container.id': known.id },
        record: withHostPaths(event, known.mounts),
      }
    },
    changes() {
      const rows = [...changed.values()]
      changed.clear()
      return rows
    },
  }
}

function gone(row: ContainerRow, time: number): ContainerRow {
  return { ...row, gone: time, ...(row.addresses !== undefined && { addresses: ended(row.addresses, time) }) }
}

/** What is done below a mount is done on the host: the path there is what rules ask for. */
function withHostPaths(event: Event, mounts: readonly HostMount[]): unknown {
  const form = HOST_PATHS[event.logsource.category ?? '']
  if (form === undefined || mounts.length === 0) return event.record
  const record = event.record as Readonly<Record<string, unknown>>
  const onHost = form.from
    .flatMap((field) => record[field])
    .flatMap((path: unknown) =>
      typeof path === 'string' ? (hostPathOf(path, mounts, form.reads === true) ?? []) : [],
    )
  return onHost.length === 0 ? record : { ...record, [form.into]: onHost }
}

/** Where the paths of a category's records stand, and where those of the host go. */
const HOST_PATHS: Readonly<
  Record<string, { readonly from: readonly string[]; readonly into: string; readonly reads?: true }>
> = {
  container_exec: { from: ['process.writes'], into: 'process.host_writes' },
  file_event: { from: ['TargetFilename'], into: 'host.path' },
  file_read: { from: ['TargetFilename'], into: 'host.path', reads: true },
  file_rename: { from: ['SourceFilename', 'TargetFilename'], into: 'host.path' },
  // a socket on a mount that refuses writes is connected to all the same
  network_connection: { from: ['network.peer.address'], into: 'host.path', reads: true },
}

/** Sensors cut ids to 12 digits; 48 bits still tell a machine's containers apart. */
function shortId(id: string): string {
  return id.slice(0, 12)
}

function forget(containers: Map<string, ContainerRow>): void {
  const newest = Math.max(...[...containers.values()].map((row) => row.time).slice(-1_000))
  for (const [id, row] of containers) {
    if (row.gone !== undefined && row.gone < newest - GONE_HORIZON) containers.delete(id)
  }
  for (const id of containers.keys()) {
    if (containers.size <= MAX_CONTAINERS) break
    containers.delete(id)
  }
}
