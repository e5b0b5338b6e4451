import type { EventLogsource, Mapping, Resource } from '../domain/event.ts'
import { contentOf } from './events.ts'
import { isObject, jsonText, objectOf, textOf } from './json.ts'
import type { JsonObject } from './json.ts'
import { defineSource, failed } from './source.ts'
import type { Decoded, FramedRecord } from './source.ts'
import { timeOf } from './time.ts'

const CLOUDTRAIL: EventLogsource = Object.freeze({ product: 'aws', service: 'cloudtrail' })

/** Names of other taxonomies that public rules use beside CloudTrail's own. */
const MAPPING: Mapping = Object.freeze({
  src_ip: [['sourceIPAddress']],
  user_agent: [['userAgent']],
  'user_agent.original': [['userAgent']],
})

/**
 * What AWS logs of its API, as its files hold it (`Records`), or as EventBridge delivers it.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
 */
export const cloudtrail = defineSource({
  name: 'cloudtrail',
  title: 'AWS CloudTrail',
  serves: [CLOUDTRAIL],
  recognise: ({ json }) => eventOf(json) !== undefined,
  split: (json) => (isObject(json) && isFile(json) ? (json['Records'] as readonly unknown[]) : undefined),
  decoder: () => ({ decode, checkpoint: () => undefined }),
})

function isFile(json: JsonObject): boolean {
  const records = json['Records']
  return Array.isArray(records) && records.length > 0 && records.every((each) => eventOf(each) !== undefined)
}

/** EventBridge puts an envelope around it. */
function eventOf(json: unknown): JsonObject | undefined {
  if (!isObject(json)) return undefined
  const event = 'detail-type' in json && isObject(json['detail']) ? json['detail'] : json
  const isEvent =
    typeof event['eventSource'] === 'string' &&
    typeof event['eventName'] === 'string' &&
    'eventTime' in event &&
    ('awsRegion' in event || isObject(event['userIdentity']))
  return isEvent ? event : undefined
}

function decode({ json, stream, position }: FramedRecord): Decoded {
  const event = eventOf(json)
  if (event === undefined) return failed('not an event of CloudTrail')
  const stamp = textOf(event['eventTime'])
  const time = timeOf(stamp)
  if (time === undefined) return failed('cloudtrail: event without a time')
  const content = contentOf(jsonText(event))
  const id = textOf(event['eventID'])?.slice(0, 128)
  return {
    kind: 'evaluated',
    events: [
      {
        id: `${stream}@${position}`,
        time,
        source: 'cloudtrail',
        logsource: CLOUDTRAIL,
        resource: resourceOf(objectOf(event['userIdentity'])),
        record: event,
        mapping: MAPPING,
      },
    ],
    facts: [],
    identity: { id: `cloudtrail:${id ?? `${stamp}:${content}`}`, content },
  }
}

/** Who asked: the user, or the role that somebody took on. */
function resourceOf(identity: JsonObject): Resource {
  const issuer = objectOf(objectOf(identity['sessionContext'])['sessionIssuer'])
  const name =
    textOf(identity['userName']) ??
    textOf(issuer['userName']) ??
    textOf(identity['arn']) ??
    textOf(identity['invokedBy'])
  return { 'cloud.provider': 'aws', ...(name !== undefined && { 'user.name': name }) }
}
