import type { Event, EventLogsource, Resource, SourceName } from '../domain/event.ts'
import { OWN_NAMES } from './events.ts'
import { known } from './json.ts'

export const METRIC: EventLogsource = Object.freeze({ category: 'metric' })

/** One measurement. */
export interface Measured {
  readonly name: string
  readonly value: number
  readonly type?: string | undefined
  readonly labels?: Readonly<Record<string, string>>
}

/** The unit that a name ends with, as UCUM has it: https://prometheus.io/docs/practices/naming/ */
const UNITS: readonly (readonly [RegExp, string])[] = [
  [/_seconds(?:_total)?$/, 's'],
  [/_bytes(?:_total)?$/, 'By'],
  [/_ratio$/, '1'],
]

export function metricEvent(
  base: {
    readonly id: string
    readonly time: number
    readonly source: SourceName
    readonly resource: Resource
  },
  { name, value, type, labels = {} }: Measured,
): Event {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}=${text}`)
  return {
    ...base,
    logsource: METRIC,
    record: known({
      'metric.name': name,
      'metric.value': value,
      'metric.type': type,
      'metric.unit': UNITS.find(([end]) => end.test(name))?.[1],
      'metric.labels': pairs.length > 0 ? pairs : undefined,
    }),
    mapping: OWN_NAMES,
  }
}
