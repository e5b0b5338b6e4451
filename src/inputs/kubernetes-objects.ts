import { trimmedObject } from '../domain/kubernetes-object.ts'
import { ClusterError, jsonOf, TOO_LARGE, type ClusterApi } from './cluster-api.ts'
import type { ObjectTold } from './kubernetes-step.ts'
import { resourcePath, type ClusterResource } from './kubernetes-resources.ts'
import { lineQueue } from './line-queue.ts'

export const GARBAGE = 'kubernetes: what is told is not an object of the kind'
/** The version is no longer known: all has to be listed. */
export const GONE = 410

type JsonObject = Readonly<Record<string, unknown>>

/** A watch told what is no line of a watch: something may be hidden behind it. */
export class GarbageError extends ClusterError {}

/** Objects of one page or of one read, and what of them could not be read. */
export interface Told {
  readonly objects: readonly ObjectTold[]
  readonly unreadable: readonly string[]
}

/** A page of a list. */
export interface Page extends Told {
  /** The version of the whole list. */
  readonly version: string
  /** As it was answered, characters. */
  readonly length: number
}

/** As many objects a page; fewer where they are too large together. */
const PAGE = 500
const MAX_PAGE = 64 * 1024 * 1024
const IDLE = 60_000
/** How long a watch is asked to last, seconds: the server ends it then. */
const WATCH = { least: 300, more: 300 } as const

/** All objects of a kind, page after page (https://kubernetes.io/docs/reference/using-api/api-concepts/). */
export async function* listPages(
  api: ClusterApi,
  resource: ClusterResource,
  signal: AbortSignal,
): AsyncGenerator<Page> {
  let [next, limit] = ['', PAGE]
  do {
    const query = new URLSearchParams({ limit: String(limit), ...(next !== '' && { continue: next }) })
    const path = `${resourcePath(resource)}?${query.toString()}`
    let answer: Awaited<ReturnType<typeof jsonOf>>
    try {
      const response = await api.open(path, { accept: acceptOf(resource, 'List'), idle: IDLE, signal })
      answer = await jsonOf(response, MAX_PAGE)
    } catch (cause) {
      if (!(cause instanceof ClusterError) || cause.status !== TOO_LARGE || limit === 1) throw cause
      limit = Math.ceil(limit / 8)
      continue
    }
    const { metadata, items, kind } = answer.json
    if (!Array.isArray(items)) throw new ClusterError(`${path}: what is answered is no list`)
    if (resource.metadataOnly === true && kind !== 'PartialObjectMetadataList') throw wholeObjects(resource)
    const { resourceVersion, continue: more } = (metadata ?? {}) as JsonObject
    next = typeof more === 'string' ? more : ''
    yield {
      ...toldOf(
        items.map((item: unknown) => ({ type: 'ADDED', object: item })),
        resource,
      ),
      version: typeof resourceVersion === 'string' ? resourceVersion : '',
      length: answer.length,
    }
  } while (next !== '')
}

/** The version of what is there now, as a list of one object says it. */
export async function newestVersion(
  api: ClusterApi,
  resource: ClusterResource,
  signal: AbortSignal,
): Promise<string> {
  const response = await api.open(`${resourcePath(resource)}?limit=1`, {
    accept: acceptOf(resource, 'List'),
    idle: IDLE,
    signal,
  })
  const { json } = await jsonOf(response, MAX_PAGE)
  const { resourceVersion } = (json['metadata'] ?? {}) as JsonObject
  return typeof resourceVersion === 'string' ? resourceVersion : ''
}

/** What a watch tells at once. */
export interface Changes extends Told {
  /** The version up to which all is told now; undefined where nothing says it. */
  readonly version: string | undefined
}

/**
 * What changes since a version, until the server ends the watch. Throws a ClusterError, with the status 410 where that
 * version is no longer known, and without any where a line could not be read: what was told until then is handed on,
 * and the same is told again from there.
 */
export async function* watchChanges(
  api: ClusterApi,
  resource: ClusterResource,
  { version, signal, opened }: { version: string; signal: AbortSignal; opened: () => void },
): AsyncGenerator<Changes> {
  const seconds = WATCH.least + Math.floor(Math.random() * WATCH.more)
  const query = new URLSearchParams({
    watch: '1',
    allowWatchBookmarks: 'true',
    resourceVersion: version,
    timeoutSeconds: String(seconds),
  })
  const response = await api.open(`${resourcePath(resource)}?${query.toString()}`, {
    accept: acceptOf(resource, ''),
    idle: (seconds + 30) * 1_000,
    signal,
  })
  opened()
  const queue = lineQueue(response)
  try {
    for (let lines = await queue.next(); lines !== undefined; lines = await queue.next()) {
      const changes: JsonObject[] = []
      let trouble: ClusterError | undefined
      for (const line of lines) {
        const change = changeOf(line)
        trouble = change instanceof ClusterError ? change : undefined
        if (change instanceof ClusterError) break
        changes.push(change)
      }
      if (queue.takeOversized() > 0) trouble ??= new GarbageError('a line of the watch is too long')
      const told = toldOf(
        changes.filter(({ type }) => type !== 'BOOKMARK'),
        resource,
      )
      const unreadable = trouble instanceof GarbageError ? [GARBAGE] : []
      yield {
        objects: told.objects,
        unreadable: [...told.unreadable, ...unreadable],
        version: versionOf(changes.at(-1)),
      }
      if (trouble !== undefined) throw trouble
    }
  } finally {
    queue.close()
  }
}

/** A line of a watch; a ClusterError where it says that the watch cannot go on, or is no line of a watch. */
function changeOf(line: string): JsonObject | ClusterError {
  let change: unknown
  try {
    change = JSON.parse(line) as unknown
  } catch {
    return new GarbageError('a line of the watch is not JSON')
  }
  const { type, object } = (change ?? {}) as JsonObject
  if (type === 'ERROR') {
    const { code, message } = (object ?? {}) as JsonObject
    return new ClusterError(
      `the watch ended: ${String(code)} ${String(message)}`,
      typeof code === 'number' ? code : 500,
    )
  }
  const isKnown = type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED' || type === 'BOOKMARK'
  return isKnown && isObject(object) ? (change as JsonObject) : new GarbageError('not a line of a watch')
}

function toldOf(changes: readonly JsonObject[], resource: ClusterResource): Told {
  const objects: ObjectTold[] = []
  const unreadable: string[] = []
  for (const { type, object } of changes) {
    const { metadata } = (isObject(object) ? object : {}) as { readonly metadata?: unknown }
    const { uid } = (isObject(metadata) ? metadata : {}) as { readonly uid?: unknown }
    if (!isObject(object) || typeof uid !== 'string') unreadable.push(GARBAGE)
    else if (resource.metadataOnly === true && !isMetadata(object)) throw wholeObjects(resource)
    else {
      // items of a list do not say what they are, and metadata says that it is some
      const { apiVersion, kind } = resource
      objects.push({
        uid,
        type: type as ObjectTold['type'],
        object: trimmedObject({ ...object, apiVersion, kind }),
      })
    }
  }
  return { objects, unreadable }
}

function isMetadata(object: JsonObject): boolean {
  return Object.keys(object).every((name) => ['kind', 'apiVersion', 'metadata'].includes(name))
}

function wholeObjects({ name }: ClusterResource): ClusterError {
  return new ClusterError(
    `asked for the metadata of ${name}, the API server answers with whole objects: nothing of it is taken`,
    NOT_AS_ASKED,
  )
}

/** 406: what answers has no such form. */
export const NOT_AS_ASKED = 406

function versionOf(change: JsonObject | undefined): string | undefined {
  const { metadata } = (change?.['object'] ?? {}) as { readonly metadata?: JsonObject }
  const version = metadata?.['resourceVersion']
  return typeof version === 'string' ? version : undefined
}

/** https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables, and metadata. */
function acceptOf({ metadataOnly }: ClusterResource, suffix: '' | 'List'): string {
  return metadataOnly === true
    ? `application/json;as=PartialObjectMetadata${suffix};g=meta.k8s.io;v=v1`
    : 'application/json'
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
