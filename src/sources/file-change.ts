import { hostFileOf } from '../domain/container-root.ts'
import type { Event, EventLogsource, Resource, SourceName } from '../domain/event.ts'
import { OWN_NAMES } from './events.ts'
import { isObject, known, textOf } from './json.ts'
import type { JsonObject } from './json.ts'

export type FileAction = 'created' | 'updated' | 'deleted' | 'moved' | 'attributes_modified'

/** What a tool says of one file. */
export interface FileChange {
  readonly action: FileAction
  readonly path: string
  /** Fields of the catalogue beside these; what is undefined is left out. */
  readonly fields: JsonObject
  /** The path is one of the host's file system. */
  readonly onHost: boolean
}

/** A file that is there with other content than before is what Sigma calls a file event. */
const WRITTEN: EventLogsource = Object.freeze({
  category: 'file_change',
  also: [{ category: 'file_event' }],
})
const CHANGED: EventLogsource = Object.freeze({ category: 'file_change' })
export const FILE_CHANGES: readonly EventLogsource[] = [WRITTEN, CHANGED]

export function fileChangeEvent(
  base: {
    readonly id: string
    readonly time: number
    readonly source: SourceName
    readonly resource: Resource
  },
  { action, path, fields, onHost }: FileChange,
): Event {
  const isWritten = action === 'created' || action === 'updated' || action === 'moved'
  return {
    ...base,
    logsource: isWritten ? WRITTEN : CHANGED,
    record: known({
      TargetFilename: path,
      'event.action': action,
      ...(onHost && { 'host.path': [path] }),
      ...fields,
    }),
    mapping: OWN_NAMES,
    ...(onHost && hostFileOf(path)),
  }
}

const HASHES = ['md5', 'sha1', 'sha256', 'sha512'] as const
const LENGTHS = { md5: 16, sha1: 20, sha256: 32, sha512: 64 } as const

/** Hashes in hexadecimal, told in it or, by AIDE, in Base64; `prefix` is `file.hash` or `file.previous.hash`. */
export function hashFields(prefix: string, hashes: JsonObject): JsonObject {
  return known(
    Object.fromEntries(HASHES.map((name) => [`${prefix}.${name}`, hexOf(hashes[name], LENGTHS[name])])),
  )
}

function hexOf(value: unknown, bytes: number): string | undefined {
  const text = textOf(value)
  if (text === undefined) return undefined
  if (text.length === bytes * 2 && /^[\da-f]+$/i.test(text)) return text.toLowerCase()
  const decoded = text.length <= 128 ? Buffer.from(text, 'base64') : Buffer.alloc(0)
  return decoded.length === bytes ? decoded.toString('hex') : undefined
}

/** A count that tools write as a number or as its digits. */
export function countOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : undefined
  return typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : undefined
}

/** A name, or the number that stands for one. */
export function nameOf(...values: readonly unknown[]): string | undefined {
  for (const value of values) {
    if (typeof value === 'string' && value !== '') return value
    if (typeof value === 'number') return String(value)
  }
  return undefined
}

/** The name of the machine that an agent, or a forwarder, says it runs on. */
export function hostOf(...values: readonly unknown[]): Resource {
  for (const value of values) {
    const name = isObject(value) ? (textOf(value['hostname']) ?? textOf(value['name'])) : textOf(value)
    if (name !== undefined) return { 'host.name': name }
  }
  return {}
}
