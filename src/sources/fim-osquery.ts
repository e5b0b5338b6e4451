import type { Event, EventLogsource, Resource } from '../domain/event.ts'
import { contentOf, OWN_NAMES, servedBy } from './events.ts'
import { countOf, FILE_CHANGES, fileChangeEvent, hashFields, hostOf, nameOf } from './file-change.ts'
import type { FileAction } from './file-change.ts'
import { isObject, jsonText, listOf, objectOf, textOf } from './json.ts'
import type { JsonObject } from './json.ts'
import { defineSource, failed } from './source.ts'
import type { Decoded, FramedRecord } from './source.ts'
import { timeOfSeconds } from './time.ts'

/** Rows of tables that tell of no file. */
const ROW: EventLogsource = Object.freeze({ product: 'osquery' })

/**
 * Results of osquery (https://osquery.readthedocs.io/en/stable/deployment/logging/): a row an event, a whole
 * answer, or what an answer lost and gained. Rows of file_events and docker_container_fs_changes are changes of
 * files; others are told as they are. All values of a row are texts.
 */
export const fimOsquery = defineSource({
  name: 'fim.osquery',
  title: 'osquery results',
  serves: servedBy([...FILE_CHANGES, ROW]),
  recognise: ({ json }) => isResult(json) || isBareRow(json),
  split: (json) => (isObject(json) ? rowsOf(json) : undefined),
  decoder: () => ({ decode, checkpoint: () => undefined }),
})

function isResult(json: unknown): json is JsonObject {
  return isObject(json) && isObject(json['columns']) && typeof json['action'] === 'string' && 'name' in json
}

/** A row of file_events alone, as a query prints it. */
function isBareRow(json: unknown): json is JsonObject {
  return isObject(json) && 'target_path' in json && 'action' in json && 'transaction_id' in json
}

/** Each row of a snapshot or of a difference with what is said of all of them. */
function rowsOf(json: JsonObject): readonly unknown[] | undefined {
  if (typeof json['name'] !== 'string') return undefined
  const { snapshot, diffResults, ...about } = json
  const rows = (columns: unknown, action: string): readonly unknown[] =>
    listOf(columns).map((each) => ({ ...about, action, columns: objectOf(each) }))
  if (Array.isArray(snapshot)) return rows(snapshot, 'snapshot')
  if (!isObject(diffResults)) return undefined
  return [...rows(diffResults['added'], 'added'), ...rows(diffResults['removed'], 'removed')]
}

function decode(record: FramedRecord): Decoded {
  const { json, stream, position } = record
  const result = isBareRow(json) ? { columns: json, action: 'added' } : json
  if (!isObject(result) || !isObject(result['columns'])) return failed('not a result of osquery')
  const { columns } = result
  const stamp = countOf(columns['time']) ?? countOf(result['unixTime'])
  const time = timeOfSeconds(stamp) ?? record.received
  if (time === undefined) return failed('osquery: result without a time')
  const host = hostOf(result['hostIdentifier'], result['hostname'])
  const content = contentOf(jsonText(json))
  const name = textOf(result['name'])?.slice(0, 128) ?? ''
  return {
    kind: 'evaluated',
    events: [eventOf(result, columns, { id: `${stream}@${position}`, time, resource: host })],
    facts: [],
    // a snapshot may hold the same row twice
    identity: { id: `fim.osquery:${name}:${stamp ?? ''}:${content}:${rowOf(position)}`, content },
  }
}

function rowOf(position: number | string): string {
  return typeof position === 'string' ? position.slice(position.lastIndexOf('/') + 1) : ''
}

function eventOf(
  result: JsonObject,
  columns: JsonObject,
  base: { readonly id: string; readonly time: number; readonly resource: Resource },
): Event {
  const change = fileEvent(columns) ?? containerChange(columns)
  if (change === undefined || result['action'] === 'removed' || result['action'] === 'snapshot')
    return {
      ...base,
      source: 'fim.osquery',
      logsource: ROW,
      record: { ...result, ...columns, action: result['action'] },
      mapping: OWN_NAMES,
    }
  const { container, ...told } = change
  const resource = container === undefined ? base.resource : { ...base.resource, 'container.id': container }
  return fileChangeEvent({ ...base, source: 'fim.osquery', resource }, told)
}

const ACTIONS: Readonly<Record<string, FileAction>> = {
  CREATED: 'created',
  UPDATED: 'updated',
  DELETED: 'deleted',
  MOVED_FROM: 'deleted',
  MOVED_TO: 'moved',
  ATTRIBUTES_MODIFIED: 'attributes_modified',
}

type Told = Parameters<typeof fileChangeEvent>[1] & { readonly container?: string }

function fileEvent(columns: JsonObject): Told | undefined {
  const path = textOf(columns['target_path'])
  const action = ACTIONS[textOf(columns['action'])?.toUpperCase() ?? '']
  if (path === undefined || action === undefined) return undefined
  return {
    action,
    path,
    onHost: true,
    fields: {
      'event.reason': 'realtime',
      'file.size': countOf(columns['size']),
      'file.mode': textOf(columns['mode']),
      'file.owner': nameOf(columns['uid']),
      'file.group': nameOf(columns['gid']),
      'file.mtime': textOf(columns['mtime']),
      'file.ctime': textOf(columns['ctime']),
      ...hashFields('file.hash', columns),
    },
  }
}

const KINDS: Readonly<Record<string, FileAction>> = { A: 'created', C: 'updated', D: 'deleted' }

/** A row of docker_container_fs_changes: paths are the container's. */
function containerChange(columns: JsonObject): Told | undefined {
  const path = textOf(columns['path'])
  const action = KINDS[textOf(columns['change_type']) ?? '']
  const container = textOf(columns['id'])
  if (path === undefined || action === undefined || container === undefined) return undefined
  return { action, path, onHost: false, container, fields: {} }
}
