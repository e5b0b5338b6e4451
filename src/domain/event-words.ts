import type { Evidence } from './alert.ts'

/** What an event is, in a few words: what was run, mounted, written or asked. Hostile text; empty where nothing says it. */
export function eventWords({ fields, logsource }: Pick<Evidence, 'fields' | 'logsource'>): string {
  const text = (name: string): string => asText(fields[name])
  const category = logsource.split('/').at(-1) ?? ''
  const peer = text('DestinationIp') || text('network.peer.address') || text('id.resp_h')
  const port = text('DestinationPort') || text('id.resp_p')
  const asked = ['verb', 'objectRef.resource', 'objectRef.name'].map(text).filter(Boolean).join(' ')
  const renamed = text('SourceFilename')
  const words = [
    category === 'kernel_call' ? [text('syscall.name'), text('syscall.args')].join(' ').trim() : '',
    text('TargetFilename') === ''
      ? ''
      : `${renamed === '' ? '' : `${renamed} → `}${text('TargetFilename')}${by(text('Image'))}`,
    peer === '' ? '' : `${port === '' ? peer : `${peer}:${port}`}${by(text('Image'))}`,
    text('CommandLine'),
    text('mount.source') === '' ? '' : `${text('mount.source')} → ${text('mount.destination')}`,
    text('verb') === '' ? '' : asked,
    text('event.action') === ''
      ? ''
      : ['event.type', 'event.action', 'event.argument'].map(text).filter(Boolean).join(' '),
    text('container.privileged') === 'true' ? 'privileged' : '',
    text('container.host_paths') === '' ? '' : `mounts ${text('container.host_paths')}`,
    text('container.command') === '' ? '' : `runs ${text('container.command')}`,
  ]
  return words.find((each) => each !== '') ?? ''
}

function by(image: string): string {
  return image === '' ? '' : ` by ${image}`
}

function asText(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return value.map(asText).join(' ')
  return JSON.stringify(value) ?? ''
}
