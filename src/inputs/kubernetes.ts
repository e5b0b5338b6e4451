import { setTimeout as sleep } from 'node:timers/promises'
import { clusterStream } from '../domain/cluster-stream.ts'
import type { Chunk, Finding } from '../domain/event.ts'
import { digest } from '../domain/hash.ts'
import { probing, type ProbingOptions } from './audit-prober.ts'
import { clusterApi, ClusterError, type ClusterAccess, type ClusterApi } from './cluster-api.ts'
import type { Input, InputBatch, Reach, Resume } from './input.ts'
import {
  GarbageError,
  GONE,
  listPages,
  newestVersion,
  NOT_AS_ASKED,
  watchChanges,
  type Changes,
} from './kubernetes-objects.ts'
import { createClusterPosition, type ClusterPosition } from './kubernetes-position.ts'
import { CLUSTER_RESOURCES, type ClusterResource } from './kubernetes-resources.ts'
import type { ObjectTold, Step } from './kubernetes-step.ts'
import { merge } from './merge.ts'

export interface KubernetesInputOptions extends ClusterAccess {
  readonly name: string
  /** What the cluster is called; nobody unless told. */
  readonly cluster?: string | undefined
  /** Names of what is listed and watched; all that there is unless told. */
  readonly resources?: readonly string[] | undefined
  /** Whether the audit log is probed through the same access, and how; it is not unless told. */
  readonly probes?: ProbingOptions | undefined
  /** Wall clock, ms. */
  readonly now: () => number
  /** Pauses after failures, ms. */
  readonly pauses?: Partial<Pauses>
}

interface Pauses {
  readonly first: number
  readonly longest: number
  /** From one refusal of a resource to the next try. */
  readonly refused: number
  /** From one word that all is told to the next. */
  readonly looks: number
}

const PAUSES: Pauses = { first: 500, longest: 30_000, refused: 60_000, looks: 30_000 }
/** An API server that is away for longer is told; one that is rolled over is back by then, ms. */
const PATIENCE = 15_000
/** Objects that are handed on at once, and characters of them: each batch writes what is remembered of the parts that it touches. */
const OBJECTS_A_BATCH = 5_000
const LENGTH_OF_A_BATCH = 16 * 1024 * 1024
/** So often a complete list confirms what is known, ms. */
const CONFIRMED = 24 * 3_600_000
/** Lines that cannot be read one after the other, before all is listed. */
const MOST_GARBAGE = 3
/** Objects are spread by their uid: what is remembered of a part is written when something of it changes. */
const PARTS = 1_024

/**
 * The objects of a cluster, listed and watched through its API server, which is only read. Streams
 * `kubernetes:<input>:<part>` of whole JSON lines:
 * - changes as the API server tells them, `{type, object}`, trimmed, with the key `x-tallyman` { list: number of the
 *   list in or after which it was told, at (ms), inventory: whether it was there at the first list, cluster };
 * - `{"x-tallyman":{"listed":<kind>,"list","at","cluster"}}` behind a list that is complete: what is known of the kind
 *   and was not in it is gone;
 * - `{"x-tallyman":{"looked":<ms to the next>,"at"}}` while pods are watched: what was told until then is what there is.
 *
 * After a restart it goes on at the version that was handed on last. Findings, each an `unobserved-interval`: an API
 * server that is away (it grows), a resource that may not be listed, and a version that is no longer known: all is
 * listed then, and what came and went in between was not seen.
 */
export function kubernetesInput(options: KubernetesInputOptions): Input {
  const { name, now } = options
  const wanted: readonly ClusterResource[] = CLUSTER_RESOURCES.filter(
    (each) => options.resources?.includes(each.name) ?? true,
  )
  const states = new Map<string, ResourceState>(wanted.map((each) => [each.name, { kind: 'listing' }]))
  const told = new Set<string>()
  return {
    name,
    settled: () => wanted.every((each) => told.has(each.name)),
    reach: () => reachOf(states.values(), now),
    async *read(resume: Resume, signal: AbortSignal): AsyncIterable<InputBatch> {
      const api = clusterApi(options)
      const position = createClusterPosition(resume.checkpoint)
      const writer = createWriter(options, resume)
      const watchers = wanted.map((resource) => ({
        from: resource.name,
        items: follow({
          api,
          resource,
          position,
          about: name,
          now,
          pauses: { ...PAUSES, ...options.pauses },
          signal,
          state: (state) => states.set(resource.name, state),
          settle: () => told.add(resource.name),
        }),
      }))
      const probes =
        options.probes === undefined
          ? []
          : [
              {
                from: '',
                items: probing({
                  ...options.probes,
                  about: name,
                  api,
                  cluster: options.cluster ?? '',
                  now,
                  signal,
                }),
              },
            ]
      const every = options.pauses?.looks ?? PAUSES.looks
      const looks = { from: '', items: looking(() => states.get('pods'), every, signal) }
      for await (const { item: step } of merge<string, Step | Finding>([...watchers, looks, ...probes])) {
        if (signal.aborted) return
        if ('id' in step) {
          yield { chunks: [], findings: [step], unreadable: [] }
          continue
        }
        // what stands in the checkpoint was handed on with it, or before
        position.set(step.resource.name, { alive: now(), ...step.position })
        yield {
          chunks: writer.chunks(step, now()),
          findings: step.findings ?? [],
          unreadable: (step.unreadable ?? []).map((reason) => ({
            stream: `${name} (${step.resource.name})`,
            reason,
          })),
          checkpoint: { resources: position.checkpoint() },
        }
      }
    },
  }
}

type ResourceState =
  | { readonly kind: 'listing' }
  | { readonly kind: 'watching' }
  /** It may not be seen, which is told: nobody waits for it. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'cut'; readonly since: number }

function reachOf(states: Iterable<ResourceState>, now: () => number): Reach {
  const all = [...states].filter(({ kind }) => kind !== 'refused')
  const cut = all.flatMap((state) => (state.kind === 'cut' ? [state.since] : []))
  if (cut.length > 0) return { kind: 'cut', since: Math.min(...cut) }
  return all.some(({ kind }) => kind === 'listing') ? { kind: 'behind' } : { kind: 'caught-up', until: now() }
}

interface Following {
  readonly api: ClusterApi
  readonly resource: ClusterResource
  readonly position: ClusterPosition
  /** The input's name. */
  readonly about: string
  readonly now: () => number
  readonly pauses: Pauses
  readonly signal: AbortSignal
  readonly state: (state: ResourceState) => void
  /** Called when all that is there is committed, or cannot be told now. */
  readonly settle: () => void
}

/** Says now and then that what was told of pods is all that there is, as long as that is so. */
async function* looking(
  state: () => ResourceState | undefined,
  every: number,
  signal: AbortSignal,
): AsyncGenerator<Step> {
  const [resource] = CLUSTER_RESOURCES
  while (!signal.aborted) {
    await sleep(every, undefined, { signal }).catch(() => {})
    if (!signal.aborted && state()?.kind === 'watching') yield { resource, looked: every }
  }
}

/** One resource, for ever: a list where there has to be one, then what changes. */
async function* follow(following: Following): AsyncGenerator<Step> {
  const { resource, position, now, pauses, signal, state, settle } = following
  let pause = pauses.first
  let since: number | undefined
  let garbage = 0
  while (!signal.aborted) {
    let wait = pause
    try {
      const { version, listed } = position.of(resource.name)
      if (version === undefined || listed === undefined || now() - listed > CONFIRMED) {
        state({ kind: 'listing' })
        yield* list(following)
      } else if (isOlder(await newestVersion(following.api, resource, signal), version))
        throw new ClusterError(
          'the API server went back in time, as if an older copy of its store had been put back',
          GONE,
        )
      const opened = (): void => {
        state({ kind: 'watching' })
        settle()
        since = undefined
        wait = pause = pauses.first
      }
      const from = position.of(resource.name).version ?? ''
      for await (const changes of watchChanges(following.api, resource, { version: from, signal, opened })) {
        if (changes.objects.length > 0) garbage = 0
        yield { resource, list: position.of(resource.name).list, ...changedBy(changes) }
      }
    } catch (cause) {
      if (signal.aborted) return
      settle()
      if (!(cause instanceof ClusterError)) throw cause
      pause = Math.min(pauses.longest, pause * 2)
      if (isUnknownVersion(cause))
        yield { resource, position: { version: undefined }, findings: [lost(following, cause)] }
      else if (isRefusal(cause)) {
        state({ kind: 'refused' })
        since ??= now()
        wait = pauses.refused
        yield { resource, findings: [refused(following, since, cause)] }
      } else {
        since ??= now()
        state({ kind: 'cut', since })
        garbage += cause instanceof GarbageError ? 1 : 0
        if (garbage >= MOST_GARBAGE) {
          garbage = 0
          yield { resource, position: { version: undefined } }
        } else if (now() - since >= PATIENCE) yield { resource, findings: [away(following, since, cause)] }
      }
    }
    await sleep(wait, undefined, { signal }).catch(() => {})
  }
}

function changedBy({
  objects,
  unreadable,
  version,
}: Changes): Pick<Step, 'objects' | 'unreadable' | 'position'> {
  return { objects, unreadable, ...(version !== undefined && { position: { version } }) }
}

/** Compacted away; or of another cluster, whose versions are lower. */
function isUnknownVersion({ status, message }: ClusterError): boolean {
  return status === GONE || (status === 504 && message.includes('resource version'))
}

/**
 * Versions are counted (https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions). A watch from
 * one that is yet to come tells nothing until it comes.
 */
function isOlder(version: string, than: string): boolean {
  return [version, than].every((each) => /^\d{1,30}$/.test(each)) && BigInt(version) < BigInt(than)
}

/** All that is there. What was there before, and no longer is, is known when the list is complete. */
async function* list({ api, resource, position, now, signal }: Following): AsyncGenerator<Step> {
  const before = position.of(resource.name)
  const begun = now()
  // a list that breaks off is another one than the next
  const number = before.list + 1
  const inventory = before.listed === undefined
  const shared = { resource, list: number, inventory }
  let objects: ObjectTold[] = []
  const unreadable: string[] = []
  let [version, length] = ['', 0]
  for await (const page of listPages(api, resource, signal)) {
    version = page.version
    objects.push(...page.objects)
    unreadable.push(...page.unreadable)
    length += page.length
    if (objects.length < OBJECTS_A_BATCH && length < LENGTH_OF_A_BATCH) continue
    yield { ...shared, objects, unreadable: unreadable.splice(0), position: { list: number } }
    objects = []
    length = 0
  }
  yield {
    ...shared,
    objects,
    unreadable,
    complete: true,
    position: { list: number, version, listed: begun },
  }
}

/** Whether it is the resource that is refused, and not the server that is away. */
function isRefusal({ status }: ClusterError): boolean {
  return status === 403 || status === 404 || status === NOT_AS_ASKED
}

/** What a step says, as bytes of the streams that it concerns. */
function createWriter(
  { name, cluster }: Pick<KubernetesInputOptions, 'name' | 'cluster'>,
  resume: Pick<Resume, 'offset'>,
): { chunks(step: Step, at: number): readonly Chunk[] } {
  const streams = Array.from({ length: PARTS }, (_, part) => clusterStream(name, part))
  const offsets = new Map<string, number>()
  const offsetOf = (stream: string): number | undefined => {
    const known = offsets.get(stream) ?? resume.offset(stream)
    if (known !== undefined) offsets.set(stream, known)
    return known
  }
  return {
    chunks({ resource, objects = [], list = 0, inventory, complete, looked }, at) {
      const lines = new Map<string, string>()
      const add = (stream: string, line: object): void =>
        void lines.set(stream, `${lines.get(stream) ?? ''}${JSON.stringify(line)}\n`)
      const of = { list, at, ...(cluster !== undefined && { cluster }) }
      for (const { uid, type, object } of objects)
        add(streams[partOf(uid)] ?? '', {
          type,
          object,
          'x-tallyman': { ...of, ...(inventory === true && { inventory }) },
        })
      if (looked !== undefined) add(streams[0] ?? '', { 'x-tallyman': { ...of, looked } })
      if (complete === true && inventory !== true)
        for (const stream of streams)
          if (lines.has(stream) || offsetOf(stream) !== undefined)
            add(stream, { 'x-tallyman': { ...of, listed: resource.kind } })
      return [...lines].map(([stream, text]) => {
        const offset = offsetOf(stream) ?? 0
        const bytes = Buffer.from(text)
        offsets.set(stream, offset + bytes.length)
        return { stream, path: name, offset, bytes, at, messages: { zone: 'UTC' } }
      })
    },
  }
}

function partOf(uid: string): number {
  const digits = Number.parseInt(uid.slice(0, 3), 16)
  return Number.isNaN(digits) ? 0 : digits % PARTS
}

type About = Pick<Following, 'about' | 'resource' | 'now'>

function away({ about, resource, now }: About, since: number, cause: ClusterError): Finding {
  return {
    id: digest('cluster-away', about, resource.name, String(since)),
    kind: 'unobserved-interval',
    about,
    since,
    until: now(),
    message: `nothing is seen of ${resource.name}: ${cause.message}`,
  }
}

/** The same finding as long as it is refused. */
function refused({ about, resource, now }: About, since: number, cause: ClusterError): Finding {
  return {
    id: digest('cluster-refuses', about, resource.name, String(since)),
    kind: 'unobserved-interval',
    about,
    since,
    until: now(),
    message: `${resource.name} are not seen: ${cause.message}; sensors/kubernetes/rbac.yaml grants what is read`,
  }
}

/** Between what was told last and the list that follows. */
function lost({ about, resource, now, position }: Following, cause: ClusterError): Finding {
  const since = position.of(resource.name).alive
  return {
    id: digest('cluster-versions', about, resource.name, String(since)),
    kind: 'unobserved-interval',
    about,
    since,
    until: now(),
    message: `${resource.name} that came and went were not seen, the others are listed anew: ${cause.message}`,
  }
}
