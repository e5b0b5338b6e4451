import { isDeepStrictEqual } from 'node:util'
import type { ContainerLook } from '../domain/container-look.ts'
import type { Event, Fact, HostMount, Resource } from '../domain/event.ts'
import type { ContainerRow, CreatorRow, Reporter } from '../domain/state.ts'
import { rootsAbove } from '../domain/container-root.ts'
import { hostPathOf } from '../domain/host-path-of.ts'
import { ended, recalled, renewed, type Holder } from './addresses.ts'
import { createCreators, creatorAttributes, type Creator, type Creators } from './creators.ts'
import { createKnownContainers, SHORT_ID, type KnownContainers } from './known-containers.ts'
import { orchestratorLooks, type Asked } from './orchestrator-looks.ts'
import { peersOf, withPeers, type Peers } from './peers.ts'
import { unknownEnds, type UnknownEnd } from './unknown-ends.ts'

/** Whose an event is: container, image and node attributes joined on the container's id, or on addresses. */
export interface Inventory {
  /** Takes a fact in, unless somebody who knows better told otherwise: then it says so. */
  observe(fact: Fact, by: Reporter, within?: Within): Contradiction | undefined
  /** What is known of the event's container now, of its pod, or of the containers that it connected. */
  find(event: Joinable, within?: Within): Joined
  /** The ends of its connection that nobody is known to have had and a container may have. */
  unknownEnds(event: Pick<Joinable, 'flow'>, joined: Joined): readonly UnknownEnd[]
  /** Whether who created the object that it specifies is not known, and may be told yet. */
  lacksCreator(event: Pick<Joinable, 'time' | 'object'>): boolean
  /** Who created objects of clusters: what changed since the last call, to be committed with the batch. */
  creators(): ReturnType<Creators['changes']>
  /** Another number whenever anything that is known may have changed. */
  revision(): number
  /** What the API server that an input asks says runs on each node. */
  orchestrated(input: string, asked: Pick<Asked, 'time' | 'interval'>): readonly ContainerLook[]
  /** The event with what is known of its container added; what the event says itself wins. */
  resolve(event: Event): Event
  /** Rows that changed since the last call, to be committed with the batch. */
  changes(): readonly ContainerRow[]
  /** Ids of those that were forgotten since the last call, for want of room or because they are long gone. */
  forgotten(): readonly string[]
}

/** The machine of an agent: what it tells is about that, and about no container of another. */
export interface Within {
  readonly agent: string
  readonly host: string
}

/** What of an event says whose it is. */
export type Joinable = Pick<Event, 'time' | 'resource' | 'flow' | 'hostFile' | 'object'>

/** What is known of whose an event is; undefined where nothing is. */
export type Joined =
  | {
      readonly kind: 'container'
      readonly row: Pick<ContainerRow, 'id' | 'resource' | 'mounts' | 'pod'>
      /** The folder of the host at which its root stands, of an event about a file below that. */
      readonly root?: string
      readonly creator?: Creator
    }
  | { readonly kind: 'pod'; readonly row: Pick<ContainerRow, 'resource'>; readonly creator?: Creator }
  /** Of an object of a cluster no more is known than who created it. */
  | { readonly kind: 'object'; readonly creator: Creator }
  | ({ readonly kind: 'peers' } & Peers)
  /** It names another machine's container: whoever told it has no say in that. */
  | { readonly kind: 'elsewhere'; readonly contradiction: Omit<Contradiction, 'contradicting'> }
  | undefined

/** Two told differently of one container or pod: who asks its engine, or its API server, is believed. */
export interface Contradiction {
  readonly container: string
  /** Names of inputs. */
  readonly believed: string
  readonly contradicting: string
}

type ContainerFact = Extract<Fact, { kind: 'container' }>
type GoneFact = Extract<Fact, { kind: 'container-gone' }>

export interface InventoryOptions {
  /** Who created objects of clusters, as it is stored. */
  readonly creators?: readonly CreatorRow[]
  /** Whether the input is still there: what one that is not had asked an engine or API server is no longer anybody's. */
  readonly isInput?: (name: string) => boolean
  /** Containers that are known from engines, from API servers, and from others, at most. */
  readonly limit?: number
}

const ROOTS_A_CONTAINER = 4
const MAX_CONTAINERS = 100_000
/** That a container is still told of is written anew after this long: what nobody tells of is forgotten one day; ms. */
const RENEWED = 24 * 3_600_000

/**
 * Starts from stored rows. State is one row a container, and one a pod, which has its addresses. A row belongs to
 * whoever asks its engine, else its API server: others change nothing of it, nor add what a filter could then be
 * satisfied with. Only what an API server says of the pod is added to what an engine says of its container, when it
 * is asked for: no engine knows that. Memory is bounded by forgetting.
 */
export function createInventory(
  rows: readonly ContainerRow[],
  { isInput = () => true, limit = MAX_CONTAINERS, creators: known = [] }: InventoryOptions = {},
): Inventory {
  const creators = createCreators(known)
  const own = createKnownContainers(limit)
  const orchestrated = createKnownContainers(limit)
  const told = createKnownContainers(limit)
  const of = ({ by }: ContainerRow): KnownContainers =>
    by.engine ? own : by.cluster === true ? orchestrated : told
  const get = (id: string): ContainerRow | undefined => own.get(id) ?? orchestrated.get(id) ?? told.get(id)
  // some of what API servers told is forgotten
  let isPartial = false
  let revision = 0
  const changed = new Map<string, ContainerRow>()
  const forgotten = new Set<string>()

  const remember = (row: ContainerRow): void => {
    const home = of(row)
    for (const other of [own, orchestrated, told]) if (other !== home) other.drop(row.id)
    for (const id of home.put(row)) {
      if (home === orchestrated) isPartial = true
      changed.delete(id)
      forgotten.add(id)
    }
  }
  for (const row of rows)
    remember(isInput(row.by.input) ? row : { ...row, by: { input: row.by.input, engine: false } })

  const put = (row: ContainerRow): void => {
    revision += 1
    changed.set(row.id, row)
    forgotten.delete(row.id)
    remember(row)
  }
  const named = (id: string): ContainerRow | undefined => {
    if (id.length !== SHORT_ID) return get(id)
    const row = own.short(id) ?? orchestrated.short(id) ?? told.short(id)
    return row === 'several' ? undefined : row
  }
  const holder = (
    address: string,
    time: number,
    said: string | undefined,
    within: Within | undefined,
  ): Holder | undefined => {
    const host = within?.host ?? said
    const known =
      within !== undefined ||
      (host !== undefined && [own, orchestrated, told].some((some) => some.hasHost(host)))
    const place = { host, known }
    return (
      own.addresses.holder(address, time, place) ??
      orchestrated.addresses.holder(address, time, place) ??
      told.addresses.holder(address, time, place)
    )
  }

  const see = (fact: ContainerFact, by: Reporter, within: Within | undefined): Contradiction | undefined => {
    const known = get(fact.id)
    if (known !== undefined && isElsewhere(known, within))
      return { container: fact.id, believed: known.by.input, contradicting: by.input }
    if (known?.by.engine === true && by.cluster === true) return seePod(known, fact)
    if (known !== undefined && isOver(known.by, by))
      return fact.partial === true ? undefined : contradiction(known, fact, known.by, by)
    // an engine's word begins anew: nothing remains of what others said, but for whose pod it is
    const before = known !== undefined && isOver(by, known.by) ? undefined : known
    if (before?.gone !== undefined && fact.time <= before.gone) return undefined
    const pod =
      known?.pod ?? (known?.by.cluster === true && by.engine ? podAttributes(known.resource) : undefined)
    const row = { ...rowAfter(before, fact, by), ...(pod !== undefined && { pod }) }
    const isNews = before === undefined || row.time - before.time >= RENEWED
    if (isNews || !isDeepStrictEqual({ ...before, time: row.time }, row)) put(row)
    // an engine and an API server name the same things differently
    if (known === undefined || before !== undefined || known.by.cluster === true) return undefined
    return contradiction(known, fact, by, known.by)
  }
  /** What the API server says of an engine's container. */
  const seePod = (known: ContainerRow, fact: ContainerFact): undefined => {
    const pod = podAttributes(fact.resource)
    if (!isDeepStrictEqual(known.pod, pod)) put({ ...known, pod })
  }
  const end = (fact: GoneFact, by: Reporter, within: Within | undefined): void => {
    const known = named(fact.id)
    if (known === undefined || isElsewhere(known, within)) return
    if (known.gone !== undefined || isOver(known.by, by)) return
    put(gone(known, fact.time))
  }

  /** Whose root a file of the host lies in, where that is the machine's that the event is about. */
  const rootedAbove = ({ hostFile, resource }: Joinable, within: Within | undefined): Joined => {
    for (const root of hostFile === undefined ? [] : rootsAbove(hostFile)) {
      const row = own.rootedAt(root) ?? told.rootedAt(root)
      const host = within?.host ?? resource['host.name']
      const place = row?.resource['host.name']
      if (row !== undefined && (host === undefined || place === undefined || host === place))
        return { kind: 'container', row, root }
    }
    return undefined
  }
  /** Who created what the event specifies, or the pod that it is of. */
  const creatorOf = (event: Joinable, joined: Joined): Creator | undefined => {
    if (event.object !== undefined) return creators.of(event.object)
    if (joined?.kind !== 'container' && joined?.kind !== 'pod') return undefined
    const of = 'pod' in joined.row ? (joined.row.pod ?? joined.row.resource) : joined.row.resource
    const uid = of['k8s.pod.uid']
    return typeof uid === 'string' ? creators.of(uid) : undefined
  }
  const find = (event: Joinable, within?: Within): Joined => {
    const joined = findContainer(event, within)
    const creator = creatorOf(event, joined)
    if (creator === undefined) return joined
    if (joined === undefined) return { kind: 'object', creator }
    return joined.kind === 'container' || joined.kind === 'pod' ? { ...joined, creator } : joined
  }
  const findContainer = (event: Joinable, within: Within | undefined): Joined => {
    const { 'container.id': id, 'k8s.pod.uid': uid } = event.resource
    const row = typeof id === 'string' ? named(id) : undefined
    if (row !== undefined && isElsewhere(row, within))
      return { kind: 'elsewhere', contradiction: { container: row.id, believed: row.by.input } }
    if (row !== undefined) return { kind: 'container', row }
    const pod = typeof uid === 'string' ? get(podRow(uid)) : undefined
    if (pod !== undefined) return { kind: 'pod', row: pod }
    const rooted = rootedAbove(event, within)
    if (rooted !== undefined) return rooted
    const peers = peersOf(event, (address, time, host) => holder(address, time, host, within))
    return peers && { kind: 'peers', ...peers }
  }

  return {
    observe(fact, by, within) {
      if (fact.kind === 'container') return see(fact, by, within)
      if (fact.kind === 'container-gone') end(fact, by, within)
      // a cluster is more than one machine
      if (fact.kind === 'created' && within === undefined) {
        revision += 1
        const believed = creators.put(fact, by.input)
        if (believed !== undefined) return { container: fact.object, believed, contradicting: by.input }
      }
      return undefined
    },
    find,
    unknownEnds({ flow }, joined) {
      if (flow === undefined || (joined !== undefined && joined.kind !== 'peers')) return []
      return unknownEnds(flow, joined, (address) =>
        [own, orchestrated, told].some(({ addresses }) => addresses.isNear(address)),
      )
    },
    lacksCreator: ({ time, object }) =>
      object !== undefined && creators.isHeard(time) && creators.of(object) === undefined,
    creators: () => creators.changes(),
    revision: () => revision,
    orchestrated(input, asked) {
      const told = [...orchestrated.rows()].filter(({ by }) => by.input === input)
      // an engine's containers are the orchestrator's as long as their pods are
      const engines = [...own.rows()].filter(({ pod }) => {
        const uid = pod?.['k8s.pod.uid']
        const row = typeof uid === 'string' ? get(podRow(uid)) : undefined
        return row !== undefined && row.gone === undefined && row.by.input === input
      })
      return orchestratorLooks([...told, ...engines], { ...asked, observer: input, isPartial })
    },
    resolve: (event) => joinedWith(event, find(event)),
    changes() {
      const all = [...changed.values()]
      changed.clear()
      return all
    },
    forgotten() {
      const all = [...forgotten]
      forgotten.clear()
      return all
    },
  }
}

/** Whether `Inventory.find` told whose an event is. */
export function isKnown(joined: Joined): boolean {
  if (joined === undefined || joined.kind === 'elsewhere') return false
  return joined.kind !== 'peers' || joined.client?.kind === 'container' || joined.server?.kind === 'container'
}

/** The event with what `Inventory.find` told of it; what the event says itself wins. */
export function joinedWith(event: Event, joined: Joined): Event {
  if (joined === undefined) return event
  if (joined.kind === 'peers') return withPeers(event, joined)
  if (joined.kind === 'elsewhere') return withoutContainer(event)
  const creator = joined.creator === undefined ? undefined : attributesBy(joined.creator, event)
  if (joined.kind === 'object') return { ...event, resource: { ...event.resource, ...creator } }
  if (joined.kind === 'pod')
    return { ...event, resource: { ...joined.row.resource, ...event.resource, ...creator } }
  const { mounts } = joined.row
  const resource = joinedResource(joined.row, event.resource)
  return {
    ...event,
    resource: creator === undefined ? resource : { ...resource, ...creator },
    record: joined.root === undefined ? withHostPaths(event, mounts) : withinRoot(event, joined.root),
  }
}

/** What is known of each container, all of it: events mostly say nothing else. */
const WHOLE = new WeakMap<object, Resource>()

function joinedResource(row: Pick<ContainerRow, 'id' | 'resource' | 'pod'>, said: Resource): Resource {
  const { id, resource, pod } = row
  let whole = WHOLE.get(row)
  if (whole === undefined) {
    whole = { ...pod, ...resource, 'container.id': id }
    WHOLE.set(row, whole)
  }
  for (const name of Object.keys(said))
    if (name !== 'container.id' && said[name] !== whole[name])
      return { ...pod, ...resource, ...said, 'container.id': id }
  return whole
}

/** Who is behind it; of what it specifies as it was made, who sent the request as well. */
function attributesBy(creator: Creator, { object, resource }: Event): Resource {
  const isRequest = object !== undefined && resource['user.name'] === undefined
  return { ...creatorAttributes(creator), ...(isRequest && { 'user.name': creator.user }) }
}

/** A file of the host is one of the container: rules know it by its path there, and by the host's. */
function withinRoot({ record, hostFile = '' }: Event, root: string): unknown {
  return {
    ...(record as Readonly<Record<string, unknown>>),
    TargetFilename: hostFile.slice(root.length) || '/',
    'host.path': [hostFile],
  }
}

/** Whether a container is another machine's than the agent's: that is, none that the agent told of itself. */
function isElsewhere({ by, resource }: ContainerRow, within: Within | undefined): boolean {
  if (within === undefined || by.input.startsWith(`${within.agent}/`)) return false
  const host = resource['host.name']
  return host !== undefined && host !== within.host
}

/** It happened on its machine, to whichever container. */
function withoutContainer(event: Event): Event {
  const rest = Object.entries(event.resource).filter(([name]) => !name.startsWith('container.'))
  return { ...event, resource: Object.fromEntries(rest) }
}

/** Whether one is to be believed about a container, and the other is not: it belongs to the input that asks who runs it. */
function isOver(one: Reporter, other: Reporter): boolean {
  if (rankOf(one) === 0 || rankOf(one) < rankOf(other)) return false
  return rankOf(one) > rankOf(other) || one.input !== other.input
}

/** An engine knows its containers, an API server whose pods they are, and others what they were told. */
function rankOf({ engine, cluster }: Reporter): number {
  return engine ? 2 : cluster === true ? 1 : 0
}

/** The id under which a pod stands among the containers: as long and as various as theirs. */
function podRow(uid: string): string {
  return uid.replaceAll('-', '')
}

function podAttributes(resource: Resource): Resource {
  return Object.fromEntries(Object.entries(resource).filter(([name]) => name.startsWith('k8s.')))
}

function contradiction(
  known: ContainerRow,
  fact: ContainerFact,
  believed: Reporter,
  other: Reporter,
): Contradiction | undefined {
  const isOther = Object.entries(fact.resource).some(
    ([name, value]) => known.resource[name] !== undefined && !isDeepStrictEqual(known.resource[name], value),
  )
  if (!isOther && isDeepStrictEqual(known.mounts, fact.mounts)) return undefined
  return { container: fact.id, believed: believed.input, contradicting: other.input }
}

/** What is known with this fact: what was told last is so, and a fact that comes late says where the container was before. */
function rowAfter(known: ContainerRow | undefined, fact: ContainerFact, by: Reporter): ContainerRow {
  const { id, time } = fact
  const isPartial = fact.partial === true && known !== undefined
  const resource = isPartial ? { ...known.resource, ...fact.resource } : fact.resource
  const mounts = isPartial ? known.mounts : fact.mounts
  const leases = known?.addresses ?? []
  if (known !== undefined && time < known.time) {
    const addresses = recalled(leases, fact.addresses ?? [], { time, until: known.time })
    return { ...known, ...(addresses.length > 0 && { addresses }) }
  }
  const addresses =
    fact.addresses === undefined
      ? leases
      : renewed(leases, fact.addresses, { time, before: known?.gone ?? known?.time ?? time })
  // a container that is stopped is mounted nowhere, and what is reported of it later is still its own
  const roots = [...new Set([...(fact.roots ?? []), ...(known?.roots ?? [])])].slice(0, ROOTS_A_CONTAINER)
  return {
    id,
    resource,
    mounts,
    by: known?.by ?? by,
    time,
    ...(addresses.length > 0 && { addresses }),
    ...(roots.length > 0 && { roots }),
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
  file_written: { from: ['TargetFilename'], into: 'host.path' },
  file_rename: { from: ['SourceFilename', 'TargetFilename'], into: 'host.path' },
  // a socket on a mount that refuses writes is connected to all the same
  network_connection: { from: ['network.peer.address'], into: 'host.path', reads: true },
}
