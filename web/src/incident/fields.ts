import type { Evidence } from '../api/types.ts'

export interface FieldGroups {
  /** What the rule's condition reads, in its order. */
  readonly read: readonly (readonly [string, unknown])[]
  readonly rest: readonly (readonly [string, unknown])[]
}

/** The fields of an event: first those that the rule reads, as far as they say something; then all others. */
export function groupFields({ fields }: Pick<Evidence, 'fields'>, read: readonly string[]): FieldGroups {
  const says = (name: string): boolean => Object.hasOwn(fields, name) && !isEmpty(fields[name])
  const first = [...new Set(read)].filter(says)
  const rest = Object.keys(fields).filter((name) => !first.includes(name))
  const pair = (name: string): readonly [string, unknown] => [name, fields[name]]
  return { read: first.map(pair), rest: rest.map(pair) }
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
}

/** What an event is, in one line: the field that says most about its kind. */
export function eventSummary({ fields, logsource }: Pick<Evidence, 'fields' | 'logsource'>): string {
  const text = (name: string): string => asText(fields[name])
  const [command, file, peer, mount] = [
    text('CommandLine'),
    text('TargetFilename'),
    text('DestinationIp') || text('id.resp_h'),
    text('mount.source'),
  ]
  if (command !== '') return command
  if (text('syscall.name') !== '') return `${text('syscall.name')} ${text('syscall.args')}`.trim()
  if (file !== '') return file
  if (peer !== '') return `${peer}:${text('DestinationPort') || text('id.resp_p')}`
  if (mount !== '') return `${mount} → ${text('mount.destination')}`
  if (text('event.action') !== '')
    return `${text('event.type')} ${text('event.action')} ${text('event.argument')}`.trim()
  if (text('verb') !== '') return `${text('verb')} ${text('requestURI')}`.trim()
  if (logsource.endsWith('container_create'))
    return `container created${text('container.command') === '' ? '' : `: ${text('container.command')}`}`
  return logsource
}

/** A value as one text. */
export function asText(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return value.map(asText).join(' ')
  return JSON.stringify(value)
}
