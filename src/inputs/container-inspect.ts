import { realpath } from 'node:fs/promises'
import { EngineError, parseObject, type EngineApi } from './engine-api.ts'
import type { EngineImages } from './image-inspect.ts'

/** Which engine answers. */
export interface EngineIdentity {
  readonly kind: 'docker' | 'podman'
  /** Stable over restarts of the engine. */
  readonly id: string
  readonly host: string
  /** The engine's clock when it was asked, ms. */
  readonly time: number
  /** The user of this machine as which it and all of its containers run, where that is not root. */
  readonly uid?: number
}

/** A container's specification as a line: the engine's own JSON with the key `x-tallyman` added. */
export type Inspected =
  | {
      readonly kind: 'found'
      readonly id: string
      readonly line: string
      readonly created: number
      /** Since when it runs, ms; undefined where it does not. */
      readonly runningSince: number | undefined
      /** Networks that it is in. */
      readonly networks: number
    }
  | { readonly kind: 'gone'; readonly id: string; readonly reason: string }
  | { readonly kind: 'unresolved'; readonly id: string; readonly reason: string }

/** Who is asked about containers. */
export interface AskedEngine {
  readonly api: EngineApi
  readonly engine: EngineIdentity
  readonly images: EngineImages
}

const AT_ONCE = 8
/** A specification is one record of its stream: labels and environment belong to whoever made the container. */
const MAX_SPECIFICATION = 15 * 1024 * 1024

/**
 * Inspects containers, some at a time, in the order asked for. One that is no longer there is `gone`, one of which
 * the engine says nothing of use is `unresolved`; an engine that does not answer throws an EngineError.
 */
export async function inspectContainers(
  asked: AskedEngine,
  ids: readonly string[],
  about: (id: string, created: number) => { readonly inventory: boolean; readonly observed?: number },
  signal: AbortSignal,
): Promise<readonly Inspected[]> {
  const inspected: Inspected[] = []
  for (let from = 0; from < ids.length; from += AT_ONCE) {
    const some = ids.slice(from, from + AT_ONCE).map((id) => inspect(asked, id, about, signal))
    inspected.push(...(await Promise.all(some)))
  }
  return inspected
}

async function inspect(
  { api, engine, images }: AskedEngine,
  id: string,
  about: (id: string, created: number) => { readonly inventory: boolean; readonly observed?: number },
  signal: AbortSignal,
): Promise<Inspected> {
  try {
    const text = (await api.text(`/containers/${encodeURIComponent(id)}/json`, signal)).trim()
    if (Buffer.byteLength(text) > MAX_SPECIFICATION)
      return { kind: 'unresolved', id, reason: `its specification exceeds ${MAX_SPECIFICATION} bytes` }
    const specification = parseObject(text)
    if (Object.keys(specification).length === 0)
      return { kind: 'unresolved', id, reason: 'its specification is empty' }
    const mounts = mountsOf(specification)
    const created = Date.parse(String(specification['Created'])) || 0
    const image = await images.of(specification['Image'], signal)
    const added = {
      engine: engine.kind,
      host: engine.host,
      ...(engine.uid !== undefined && { uid: engine.uid }),
      ...about(id, created),
      volumes: await volumesOf(api, mounts, signal),
      realPaths: api.isLocal ? await realPathsOf(mounts) : {},
      ...(image !== undefined && { image }),
    }
    // the engine's own text: parsing and printing would round integers beyond 2^53
    const line = text.includes('\n') ? JSON.stringify(specification) : text
    return {
      kind: 'found',
      id,
      created,
      line: withAdded(line, added),
      runningSince: runningSince(recordIn(specification, 'State')),
      networks: Object.keys(recordIn(recordIn(specification, 'NetworkSettings'), 'Networks')).length,
    }
  } catch (cause) {
    if (!(cause instanceof EngineError) || !cause.answered) throw cause
    return { kind: cause.status === 404 ? 'gone' : 'unresolved', id, reason: cause.message }
  }
}

/** The engine's own JSON object with what the input knows besides. */
export function withAdded(line: string, added: object): string {
  return `${line.trimEnd().slice(0, -1)},"x-tallyman":${JSON.stringify(added)}}`
}

function runningSince(state: Readonly<Record<string, unknown>>): number | undefined {
  const since = Date.parse(String(state['StartedAt']))
  return state['Running'] === true && since > 0 ? since : undefined
}

function recordIn(of: Readonly<Record<string, unknown>>, key: string): Readonly<Record<string, unknown>> {
  const value = of[key]
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

interface Mount {
  readonly type: unknown
  readonly name: unknown
  readonly source: unknown
}

function mountsOf(specification: Readonly<Record<string, unknown>>): readonly Mount[] {
  const mounts = specification['Mounts']
  if (!Array.isArray(mounts)) return []
  return mounts
    .filter((mount): mount is Record<string, unknown> => typeof mount === 'object' && mount !== null)
    .map((mount) => ({ type: mount['Type'], name: mount['Name'], source: mount['Source'] }))
}

/** Driver and options of the named volumes: a local volume with `o=bind` is a host path in disguise. */
async function volumesOf(
  api: EngineApi,
  mounts: readonly Mount[],
  signal: AbortSignal,
): Promise<Readonly<Record<string, { readonly Driver: unknown; readonly Options: unknown }>>> {
  const volumes: [string, { Driver: unknown; Options: unknown }][] = []
  for (const { type, name } of mounts) {
    if (type !== 'volume' || typeof name !== 'string' || name === '') continue
    try {
      const { Driver, Options } = parseObject(await api.text(`/volumes/${encodeURIComponent(name)}`, signal))
      volumes.push([name, { Driver, Options }])
    } catch (cause) {
      // removed meanwhile: the mount is still told, without its options
      if (!(cause instanceof EngineError) || !cause.answered) throw cause
    }
  }
  return Object.fromEntries(volumes)
}

/** Where bind sources lead when links are resolved, for those where that is elsewhere. */
async function realPathsOf(mounts: readonly Mount[]): Promise<Readonly<Record<string, string>>> {
  const resolved: [string, string][] = []
  for (const { type, source } of mounts) {
    if (type !== 'bind' || typeof source !== 'string' || !source.startsWith('/')) continue
    const real = await realpath(source).catch(() => source)
    if (real !== source) resolved.push([source, real])
  }
  return Object.fromEntries(resolved)
}
