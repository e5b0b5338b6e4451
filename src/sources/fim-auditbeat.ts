import type { Resource } from '../domain/event.ts'
import { contentOf, servedBy } from './events.ts'
import { countOf, FILE_CHANGES, fileChangeEvent, hashFields, hostOf, nameOf } from './file-change.ts'
import type { FileAction } from './file-change.ts'
import { isObject, jsonText, objectOf, textOf, textsOf } from './json.ts'
import type { JsonObject } from './json.ts'
import { defineSource, failed } from './source.ts'
import type { Decoded, FramedRecord } from './source.ts'
import { timeOf } from './time.ts'

/** Auditbeat's module file_integrity: https://www.elastic.co/docs/reference/beats/auditbeat/exported-fields-file_integrity */
export const fimAuditbeat = defineSource({
  name: 'fim.auditbeat',
  title: 'Auditbeat file integrity',
  serves: servedBy(FILE_CHANGES),
  recognise: ({ json }) => isFileIntegrity(json),
  decoder: () => ({ decode, checkpoint: () => undefined }),
})

function isFileIntegrity(json: unknown): json is JsonObject {
  return (
    isObject(json) &&
    isObject(json['file']) &&
    [objectOf(json['event'])['module'], objectOf(json['service'])['type']].includes('file_integrity')
  )
}

function decode(record: FramedRecord): Decoded {
  const { json, stream, position } = record
  if (!isFileIntegrity(json)) return failed('not a file integrity record of Auditbeat')
  const file = objectOf(json['file'])
  const path = textOf(file['path'])
  const stamp = textOf(json['@timestamp'])
  const time = timeOf(stamp)
  if (path === undefined) return failed('auditbeat: not about a file')
  if (time === undefined) return failed('auditbeat: record without a time')
  const actions = actionsOf(objectOf(json['event'])['action'])
  const content = contentOf(jsonText(json))
  const base = { time, source: 'fim.auditbeat' as const, resource: resourceOf(json) }
  return {
    kind: 'evaluated',
    events: actions.map((action, index) =>
      fileChangeEvent(
        { ...base, id: `${stream}@${position}${index === 0 ? '' : `#${index}`}` },
        { action, path, onHost: true, fields: fieldsOf(json, file) },
      ),
    ),
    facts: [],
    identity: { id: `fim.auditbeat:${stamp}:${path.slice(0, 512)}:${content}`, content },
  }
}

const ACTIONS: Readonly<Record<string, FileAction>> = {
  created: 'created',
  updated: 'updated',
  deleted: 'deleted',
  moved: 'moved',
  attributes_modified: 'attributes_modified',
}

/** One, or several: a file that was created and written at once. The content matters more than the attributes. */
function actionsOf(told: unknown): readonly FileAction[] {
  const all = (typeof told === 'string' ? [told] : textsOf(told)).flatMap((name) => ACTIONS[name] ?? [])
  const actions = [...new Set(all)]
  const more = actions.filter((action) => action !== 'attributes_modified')
  return more.length > 0 ? more : actions
}

function fieldsOf(json: JsonObject, file: JsonObject): JsonObject {
  const process = objectOf(json['process'])
  return {
    'file.type': textOf(file['type']),
    'file.size': countOf(file['size']),
    'file.mode': textOf(file['mode']),
    'file.owner': nameOf(file['owner'], file['uid']),
    'file.group': nameOf(file['group'], file['gid']),
    'file.mtime': textOf(file['mtime']),
    'file.ctime': textOf(file['ctime']),
    ...hashFields('file.hash', { ...objectOf(json['hash']), ...objectOf(file['hash']) }),
    Image: textOf(process['executable']) ?? textOf(process['name']),
    ProcessId: countOf(process['pid']),
    User: nameOf(objectOf(process['user'])['name'], objectOf(json['user'])['name']),
  }
}

/** With the eBPF backend a change names the container that it was made in. */
function resourceOf(json: JsonObject): Resource {
  const container = textOf(objectOf(json['container'])['id'])
  return {
    ...hostOf(json['host'], json['agent'], json['beat']),
    ...(container !== undefined && { 'container.id': container }),
  }
}
