import { contentOf, servedBy } from './events.ts'
import { countOf, FILE_CHANGES, fileChangeEvent, hashFields, hostOf, nameOf } from './file-change.ts'
import type { FileAction } from './file-change.ts'
import { isObject, jsonText, known, listOf, objectOf, textOf, textsOf } from './json.ts'
import type { JsonObject } from './json.ts'
import { defineSource, failed } from './source.ts'
import type { Decoded, FramedRecord } from './source.ts'
import { timeOf, timeOfSeconds } from './time.ts'

/**
 * File integrity of Wazuh: alerts of version 4 (`syscheck`) and what its agents send to the manager; of version 5
 * the agent's events and the deltas of its inventory.
 * https://documentation.wazuh.com/current/user-manual/capabilities/file-integrity/
 */
export const fimWazuh = defineSource({
  name: 'fim.wazuh',
  title: 'Wazuh file integrity',
  serves: servedBy(FILE_CHANGES),
  recognise: ({ json }) => isObject(json) && shapeOf(json) !== undefined,
  split: (json) => (isObject(json) && isDelta(json) ? itemsOf(json) : undefined),
  decoder: () => ({ decode, checkpoint: () => undefined }),
})

/** What a shape tells of a change. */
interface Told {
  readonly path: unknown
  readonly action: FileAction | undefined
  readonly time: number | undefined
  readonly reason?: unknown
  readonly now: JsonObject
  readonly before: JsonObject
  readonly changed: readonly string[]
  readonly agent?: unknown
  readonly process?: JsonObject
}

function shapeOf(json: JsonObject): ((json: JsonObject) => Told) | undefined {
  if (isObject(json['syscheck']) && 'path' in json['syscheck']) return alert
  const data = objectOf(json['data'])
  if (json['type'] === 'event' && 'attributes' in data && 'path' in data) return message
  if (json['module'] === 'fim' && isObject(data['file'])) return event
  return isObject(json['item']) && json['fim'] === 'delta' ? item : undefined
}

function isDelta(json: JsonObject): boolean {
  return objectOf(json['metadata'])['module'] === 'fim' && Array.isArray(json['items'])
}

function itemsOf(delta: JsonObject): readonly unknown[] {
  const { metadata } = delta
  return listOf(delta['items']).map((each) => ({ fim: 'delta', metadata, item: objectOf(each) }))
}

function decode(record: FramedRecord): Decoded {
  const { json, stream, position } = record
  const shape = isObject(json) ? shapeOf(json) : undefined
  if (!isObject(json) || shape === undefined) return failed('not a file integrity record of Wazuh')
  const told = shape(json)
  const path = textOf(told.path)
  const time = told.time ?? record.received
  if (path === undefined) return failed('wazuh: not about a file')
  if (told.action === undefined) return failed('wazuh: what became of the file is not told')
  if (time === undefined) return failed('wazuh: record without a time')
  const content = contentOf(jsonText(json))
  const base = {
    id: `${stream}@${position}`,
    time,
    source: 'fim.wazuh' as const,
    resource: hostOf(told.agent),
  }
  const fields = {
    'event.reason': textOf(told.reason),
    'file.changed': told.changed.length > 0 ? told.changed : undefined,
    ...valuesOf('file', told.now),
    ...valuesOf('file.previous', told.before),
    ...processOf(objectOf(told.process)),
  }
  return {
    kind: 'evaluated',
    events: [fileChangeEvent(base, { action: told.action, path, onHost: true, fields })],
    facts: [],
    identity: { id: `fim.wazuh:${time}:${path.slice(0, 512)}:${content}`, content },
  }
}

/** Attributes in the spelling that all shapes are brought into. */
function valuesOf(prefix: string, values: JsonObject): JsonObject {
  return known({
    [`${prefix}.size`]: countOf(values['size']),
    [`${prefix}.mode`]: textOf(values['mode']),
    [`${prefix}.owner`]: nameOf(values['owner'], values['uid']),
    [`${prefix}.group`]: nameOf(values['group'], values['gid']),
    ...(prefix === 'file' && { 'file.mtime': textOf(values['mtime']) }),
    ...hashFields(`${prefix}.hash`, values),
  })
}

function processOf(audit: JsonObject): JsonObject {
  const process = objectOf(audit['process'])
  return {
    Image: textOf(process['name']) ?? textOf(audit['process_name']),
    ProcessId: countOf(process['id']) ?? countOf(audit['process_id']),
    User: nameOf(
      objectOf(audit['user'])['name'],
      audit['user_name'],
      objectOf(audit['effective_user'])['name'],
    ),
  }
}

/** Version 4: `size_after`, `sha256_before`, …. */
function alert(json: JsonObject): Told {
  const syscheck = objectOf(json['syscheck'])
  const values = (when: 'before' | 'after'): JsonObject => ({
    size: syscheck[`size_${when}`],
    mode: syscheck[`perm_${when}`],
    owner: syscheck[`uname_${when}`],
    uid: syscheck[`uid_${when}`],
    group: syscheck[`gname_${when}`],
    gid: syscheck[`gid_${when}`],
    mtime: syscheck[`mtime_${when}`],
    md5: syscheck[`md5_${when}`],
    sha1: syscheck[`sha1_${when}`],
    sha256: syscheck[`sha256_${when}`],
  })
  const changed = changedNames(textsOf(syscheck['changed_attributes']))
  return {
    path: syscheck['path'],
    action: actionOf(syscheck['event'], changed),
    time: timeOf(json['timestamp']),
    reason: syscheck['mode'],
    now: values('after'),
    before: values('before'),
    changed,
    agent: json['agent'],
    process: objectOf(syscheck['audit']),
  }
}

/** Version 4, from the agent to its manager. */
function message(json: JsonObject): Told {
  const data = objectOf(json['data'])
  const values = (of: JsonObject): JsonObject => ({
    size: of['size'],
    mode: of['perm'],
    owner: of['user_name'],
    uid: of['uid'],
    group: of['group_name'],
    gid: of['gid'],
    md5: of['hash_md5'],
    sha1: of['hash_sha1'],
    sha256: of['hash_sha256'],
  })
  const changed = changedNames(textsOf(data['changed_attributes']))
  return {
    path: data['path'],
    action: actionOf(data['type'], changed),
    time: timeOfSeconds(data['timestamp']),
    reason: data['mode'],
    now: values(objectOf(data['attributes'])),
    before: values(objectOf(data['old_attributes'])),
    changed,
    process: objectOf(data['audit']),
  }
}

/** Version 5. */
function event(json: JsonObject): Told {
  const data = objectOf(json['data'])
  const [file, told] = [objectOf(data['file']), objectOf(data['event'])]
  const changed = changedNames(textsOf(told['changed_fields']))
  return {
    path: file['path'],
    action: actionOf(told['type'], changed),
    time: timeOf(told['created']) ?? timeOf(json['@timestamp']),
    reason: file['mode'],
    now: attributesOf(file),
    before: attributesOf(objectOf(file['previous'])),
    changed,
    agent: json['agent'] ?? objectOf(json['host']),
    process: objectOf(file['audit']),
  }
}

/** Version 5: one of the files of the inventory that a delta tells anew. */
function item(json: JsonObject): Told {
  const one = objectOf(json['item'])
  const data = objectOf(one['data'])
  const isGone = textOf(one['operation'])?.toLowerCase() === 'delete'
  const isFirst = one['version'] === 1
  return {
    path: objectOf(data['file'])['path'],
    action: isGone ? 'deleted' : isFirst ? 'created' : 'updated',
    time: timeOf(objectOf(data['state'])['modified_at']),
    now: attributesOf(objectOf(data['file'])),
    before: {},
    changed: [],
    agent: objectOf(json['metadata'])['agent'],
  }
}

function attributesOf(file: JsonObject): JsonObject {
  return {
    ...file,
    ...objectOf(file['hash']),
    // what `mode` says here is how it was noticed
    mode: textsOf(file['permissions'])[0] ?? textOf(file['permissions']),
  }
}

const NAMES: readonly (readonly [RegExp, string])[] = [
  [/md5|sha\d+|hash|content/, 'content'],
  [/size/, 'size'],
  [/perm|mode/, 'mode'],
  [/uid|user_?name|owner/, 'owner'],
  [/gid|group/, 'group'],
  [/mtime/, 'mtime'],
  [/inode/, 'inode'],
]

/** `sha256`, `file.hash.sha256`, `permission`: in the words of the catalogue, each once. */
function changedNames(names: readonly string[]): readonly string[] {
  const known = names.map((name) => NAMES.find(([pattern]) => pattern.test(name))?.[1] ?? name.slice(0, 64))
  return [...new Set(known)]
}

function actionOf(type: unknown, changed: readonly string[]): FileAction | undefined {
  if (type === 'added') return 'created'
  if (type === 'deleted') return 'deleted'
  if (type !== 'modified') return undefined
  return changed.length === 0 || changed.includes('content') || changed.includes('size')
    ? 'updated'
    : 'attributes_modified'
}
