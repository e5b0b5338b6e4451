import { isEngineStream } from '../domain/engine-stream.ts'
import type { Resource } from '../domain/event.ts'
import { servedBy } from './events.ts'
import { FILE_CHANGES, fileChangeEvent } from './file-change.ts'
import type { FileAction } from './file-change.ts'
import { isObject, textOf } from './json.ts'
import type { JsonObject } from './json.ts'
import { defineSource, failed } from './source.ts'
import type { Decoded, FramedRecord } from './source.ts'
import { inRange } from './time.ts'

const KINDS: readonly FileAction[] = ['updated', 'created', 'deleted']
const LETTERS: Readonly<Record<string, FileAction>> = { C: 'updated', A: 'created', D: 'deleted' }
const LINE = /^([ACD]) (\/.*)$/s

/**
 * What a container's file system has other than its image: `GET /containers/{id}/changes` of Docker and Podman,
 * and the lines of `docker diff`. Neither says when, nor of which container: the time is that of arrival.
 */
export const dockerChanges = defineSource({
  name: 'docker.changes',
  title: 'Docker changes',
  serves: servedBy(FILE_CHANGES),
  recognise: (record) =>
    record.json === undefined ? LINE.test(record.text) : isChange(record.json, additionsIn(record)),
  decoder: () => ({ decode, checkpoint: () => undefined }),
})

/** Of which container, as the Docker input says it. In any other stream it is whoever wrote the record that says so. */
function additionsIn({ stream, json }: FramedRecord): JsonObject | undefined {
  if (!isEngineStream(stream) || !isObject(json)) return undefined
  const added = json['x-tallyman']
  return isObject(added) ? added : undefined
}

function isChange(json: unknown, added: JsonObject | undefined): json is JsonObject {
  return (
    isObject(json) &&
    typeof json['Path'] === 'string' &&
    json['Path'].startsWith('/') &&
    typeof json['Kind'] === 'number' &&
    Object.keys(json).length === (added === undefined ? 2 : 3)
  )
}

function decode(record: FramedRecord): Decoded {
  const { json, text, stream, position } = record
  const added = additionsIn(record)
  const received = observedAt(added) ?? record.received
  const change = isChange(json, added) ? jsonChange(json) : textChange(text)
  if (change === undefined) return failed('not a change of a container')
  if (received === undefined) return failed('docker.changes: when it was read is not known')
  const base = {
    id: `${stream}@${position}`,
    time: received,
    source: 'docker.changes' as const,
    resource: resourceOf(added),
  }
  return {
    kind: 'evaluated',
    events: [fileChangeEvent(base, { ...change, onHost: false, fields: {} })],
    facts: [],
    // what an engine is asked again, after a restart too, it answers again
    ...(added !== undefined && {
      identity: {
        id: `docker.changes:${stream}:${textOf(added['container'])}:${text.slice(0, text.indexOf(',"x-tallyman"'))}`,
        content: '',
      },
    }),
  }
}

function resourceOf(added: JsonObject | undefined): Resource {
  const [id, host, engine] = ['container', 'host', 'engine'].map((name) => textOf(added?.[name]))
  return {
    ...(id !== undefined && { 'container.id': id }),
    ...(host !== undefined && { 'host.name': host }),
    ...(engine !== undefined && { 'container.runtime.name': engine }),
  }
}

function observedAt(added: JsonObject | undefined): number | undefined {
  const observed = added?.['observed']
  return typeof observed === 'number' ? inRange(Math.floor(observed)) : undefined
}

interface Change {
  readonly path: string
  readonly action: FileAction
}

function jsonChange(json: JsonObject): Change | undefined {
  const action = KINDS[Number(json['Kind'])]
  return action && { action, path: String(json['Path']) }
}

function textChange(text: string): Change | undefined {
  const [, letter = '', path] = LINE.exec(text) ?? []
  const action = LETTERS[letter]
  return action === undefined || path === undefined ? undefined : { action, path }
}
