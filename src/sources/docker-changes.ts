import { servedBy } from './events.ts'
import { FILE_CHANGES, fileChangeEvent } from './file-change.ts'
import type { FileAction } from './file-change.ts'
import { isObject } from './json.ts'
import type { JsonObject } from './json.ts'
import { defineSource, failed } from './source.ts'
import type { Decoded, FramedRecord } from './source.ts'

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
  recognise: ({ json, text }) => (json === undefined ? LINE.test(text) : isChange(json)),
  decoder: () => ({ decode, checkpoint: () => undefined }),
})

function isChange(json: unknown): json is JsonObject {
  return (
    isObject(json) &&
    typeof json['Path'] === 'string' &&
    json['Path'].startsWith('/') &&
    typeof json['Kind'] === 'number' &&
    Object.keys(json).length === 2
  )
}

function decode({ json, text, stream, position, received }: FramedRecord): Decoded {
  const change = isChange(json) ? jsonChange(json) : textChange(text)
  if (change === undefined) return failed('not a change of a container')
  if (received === undefined) return failed('docker.changes: when it was read is not known')
  const base = {
    id: `${stream}@${position}`,
    time: received,
    source: 'docker.changes' as const,
    resource: {},
  }
  return {
    kind: 'evaluated',
    events: [fileChangeEvent(base, { ...change, onHost: false, fields: {} })],
    facts: [],
  }
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
