import type { Event, EventLogsource } from '../domain/event.ts'
import { certificateFields } from './certificate.ts'
import { OWN_NAMES } from './events.ts'
import { isObject, known } from './json.ts'
import type { JsonObject } from './json.ts'
import { defineSource, failed } from './source.ts'
import type { Decoded, FramedRecord } from './source.ts'
import { timeOf } from './time.ts'

const LOGSOURCE: EventLogsource = Object.freeze({ category: 'certificate_store' })
const ACTIONS: Readonly<Record<string, string>> = {
  present: 'present',
  added: 'created',
  removed: 'deleted',
}

/** Certificates in stores on a host, as the input `certstore` finds them: what is trusted, and what changes. */
export const certstore = defineSource({
  name: 'certstore',
  title: 'Certificate stores',
  serves: [LOGSOURCE],
  recognise: ({ json }) => isRecord(json),
  decoder: () => ({ decode, checkpoint: () => undefined }),
})

function isRecord(json: unknown): json is JsonObject {
  return (
    isObject(json) &&
    typeof json['certstore'] === 'string' &&
    typeof json['path'] === 'string' &&
    typeof json['fingerprint'] === 'string'
  )
}

function decode({ json, stream, position }: FramedRecord): Decoded {
  if (!isRecord(json)) return failed('certstore: not a record of a store')
  const action = Object.hasOwn(ACTIONS, String(json['certstore']))
    ? ACTIONS[String(json['certstore'])]
    : undefined
  const time = timeOf(json['time'])
  if (action === undefined) return failed('certstore: unknown action')
  if (time === undefined) return failed('certstore: record without a time')
  const fields = fieldsOf(json)
  if (fields === undefined) return failed('certstore: certificate that cannot be read')
  const event: Event = {
    id: `${stream}@${position}`,
    time,
    source: 'certstore',
    logsource: LOGSOURCE,
    resource: {},
    record: known({
      'event.action': action,
      TargetFilename: json['path'],
      'host.path': [json['path']],
      ...fields,
    }),
    mapping: OWN_NAMES,
    inventory: action === 'present',
  }
  return { kind: 'evaluated', events: [event], facts: [] }
}

/** Of one that is gone, what was known of it. */
function fieldsOf({ certificate, fingerprint, subject }: JsonObject): JsonObject | undefined {
  if (typeof certificate === 'string') {
    const fields = certificateFields(Buffer.from(certificate, 'base64'))
    const self = fields?.['certificate.subject'] === fields?.['certificate.issuer']
    return fields && { ...fields, 'certificate.self_issued': self }
  }
  return { fingerprint, 'certificate.subject': typeof subject === 'string' ? subject : undefined }
}
