import type { Evidence, Resource } from '../api/types.ts'

export interface FieldGroups {
  /** What the rule's condition reads, in its order. */
  readonly read: readonly (readonly [string, unknown])[]
  readonly rest: readonly (readonly [string, unknown])[]
}

/**
 * The fields of an event: first those that the rule reads, as far as they say something that the head of the
 * incident (`known`) does not; then all others.
 */
export function groupFields(
  { fields }: Pick<Evidence, 'fields'>,
  read: readonly string[],
  known: Resource = {},
): FieldGroups {
  const says = (name: string): boolean => Object.hasOwn(fields, name) && !isEmpty(fields[name])
  const told = (name: string): boolean => Object.hasOwn(known, name)
  const saying = [...new Set(read)].filter(says)
  const first = saying.some((name) => !told(name)) ? saying.filter((name) => !told(name)) : saying
  const rest = Object.keys(fields).filter((name) => !first.includes(name))
  const pair = (name: string): readonly [string, unknown] => [name, fields[name]]
  return { read: first.map(pair), rest: rest.map(pair) }
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
}

/** What an event is, in one line: what says most about its kind, and which program did it. */
export function eventSummary({ fields, logsource }: Pick<Evidence, 'fields' | 'logsource'>): string {
  const text = (name: string): string => asText(fields[name])
  const words = (...names: readonly string[]): string => names.map(text).filter(Boolean).join(' ')
  const by = text('Image') === '' ? '' : ` · by ${text('Image')}`
  const peer = text('DestinationIp') || text('network.peer.address') || text('id.resp_h')
  const port = text('DestinationPort') || text('id.resp_p')
  const [mount, renamed] = [text('mount.source'), text('SourceFilename')]
  const target = `${renamed === '' ? '' : `${renamed} → `}${text('TargetFilename')}`
  const says = [
    text('syscall.name') === '' || !logsource.endsWith('kernel_call')
      ? ''
      : `${words('syscall.name', 'syscall.flags')}${by}`,
    target === '' ? '' : `${target}${by}`,
    peer === '' ? '' : `${peer}${port === '' ? '' : `:${port}`}${by}`,
    text('CommandLine'),
    mount === '' ? '' : `${mount} → ${text('mount.destination')}`,
    text('event.action') === '' ? '' : words('event.type', 'event.action', 'event.argument'),
    text('verb') === '' ? '' : words('verb', 'requestURI'),
    logsource.endsWith('container_create')
      ? `container created${text('container.command') === '' ? '' : `: ${text('container.command')}`}`
      : '',
  ]
  return says.find(Boolean) ?? logsource
}

/** A value as one text. */
export function asText(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return value.map(asText).join(' ')
  return JSON.stringify(value)
}
