import type { Evidence } from './alert.ts'
import { asText, fieldOf } from './field-of.ts'

type Event = Pick<Evidence, 'fields' | 'logsource'>
type Says = (text: (name: string) => string, event: Event) => string

/**
 * What an event is, in one line: what happened to what, and who or which program did it. Hostile text; empty where
 * nothing says it.
 */
export function eventWords(event: Event): string {
  const text = (name: string): string => asText(fieldOf(event.fields, name))
  for (const says of SUMMARIES) {
    const said = says(text, event)
    if (said !== '') return said
  }
  return ''
}

/** The first that has something to say decides: what is particular stands before what many events have. */
const SUMMARIES: readonly Says[] = [
  // kernel calls: which, with what, by whom
  (text, { logsource }) =>
    logsource.endsWith('kernel_call') && text('syscall.name') !== ''
      ? joined(' ', text('syscall.name'), text('syscall.flags') || text('syscall.args')) + by(text)
      : '',
  // files: a rename has two
  (text) =>
    text('TargetFilename') === ''
      ? ''
      : joined(' ', joined(' → ', text('SourceFilename'), text('TargetFilename')), found(text)) + by(text),
  signature,
  registry,
  tls,
  certificate,
  (text) => {
    const here = joined(':', text('network.local.address'), text('network.local.port'))
    return here === '' ? '' : `listens on ${here}${by(text)}`
  },
  question,
  webRequest,
  connection,
  measurement,
  mount,
  // one process and another; a name that was asked for; a script
  (text) => (text('TargetImage') === '' ? '' : joined(' → ', text('SourceImage'), text('TargetImage'))),
  (text) => (text('QueryName') === '' ? '' : `asks for ${text('QueryName')}${by(text)}`),
  (text) => text('ScriptBlockText'),
  (text) => text('CommandLine'),
  request,
  cloudCall,
  (text) =>
    text('event.action') === ''
      ? ''
      : joined(' ', text('event.type'), text('event.action'), text('event.argument')),
  created,
  (text) => (text('EventID') === '' ? '' : joined(' ', text('Provider_Name'), text('EventID'))),
]

/** `privileged · mounts /etc · runs sleep 9`: what stands out of a container's specification. */
function created(text: (name: string) => string): string {
  const [paths, command] = [text('container.host_paths'), text('container.command')]
  const capabilities = text('container.capabilities.add')
  return joined(
    ' · ',
    text('container.privileged') === 'true' ? 'privileged' : '',
    text('container.network_mode') === 'host' ? 'on the host’s network' : '',
    capabilities === '' ? '' : `with ${capabilities}`,
    paths === '' ? '' : `mounts ${paths}`,
    command === '' ? '' : `runs ${command}`,
  )
}

/** A value of the registry and what it was set to, or a key. */
function registry(text: (name: string) => string): string {
  const key = text('TargetObject')
  return key === '' ? '' : joined(' = ', key, text('Details')) + by(text)
}

/** `TLSv10 TLS_RSA_WITH_AES_128_CBC_SHA · 10.0.0.5:40122 → 10.0.0.9:443 · shop.example`. */
function tls(text: (name: string) => string, { logsource }: Event): string {
  if (!/\/(?:ssl|tls)$/.test(logsource)) return ''
  const agreed = joined(' ', text('version'), text('cipher'))
  return joined(' · ', agreed === '' ? 'TLS, nothing agreed' : agreed, ends(text), text('server_name'))
}

function certificate(text: (name: string) => string, { logsource }: Event): string {
  if (!logsource.endsWith('/x509') && !logsource.endsWith('certificate_store')) return ''
  const issuer = text('certificate.issuer')
  return joined(
    ' · ',
    `certificate ${text('certificate.subject')}`,
    issuer === '' ? '' : `issued by ${issuer}`,
    text('event.action') === '' ? '' : joined(' ', text('event.action'), 'in', text('TargetFilename')),
  )
}

/** What a check of file integrity found: `/etc/motd updated`. */
function found(text: (name: string) => string): string {
  return text('event.action').replaceAll('_', ' ')
}

/** `ET POLICY curl User-Agent Outbound · 10.0.0.5:40122 → 203.0.113.9:80`: another tool's alert. */
function signature(text: (name: string) => string): string {
  const name = text('alert.signature')
  if (name === '') return ''
  const end = (side: string): string => joined(':', text(`${side}_ip`), text(`${side}_port`))
  return joined(' · ', name, joined(' → ', end('src'), end('dest')))
}

/** `asks for TXT t.example.org · 203.0.113.9`. */
function question(text: (name: string) => string): string {
  const query = text('query')
  if (query === '') return ''
  return joined(
    ' · ',
    `asks for ${joined(' ', text('record_type') || text('qtype_name'), query)}`,
    text('answer') || text('answers'),
  )
}

/** `GET http://shop.example/admin · answered 200 · curl/7.88.1`. */
function webRequest(text: (name: string) => string, { fields }: Event): string {
  const method = text('cs-method')
  if (method === '') return ''
  const uri = fieldOf(fields, 'c-uri')
  const status = text('sc-status')
  return joined(
    ' · ',
    joined(' ', method, asText(Array.isArray(uri) ? uri[0] : uri)),
    status === '' ? '' : `answered ${status}`,
    text('c-useragent'),
  )
}

/** `container_cpu_usage_ratio 1.98`. */
function measurement(text: (name: string) => string): string {
  return text('metric.name') === '' ? '' : joined(' ', text('metric.name'), text('metric.value'))
}

/** `ModifySnapshotAttribute at ec2.amazonaws.com · by node-role from 198.51.100.7 · refused (AccessDenied)`. */
function cloudCall(text: (name: string) => string): string {
  const name = text('eventName')
  if (name === '' || text('eventSource') === '') return ''
  const who = text('userIdentity.userName') || text('user.name') || text('userIdentity.arn')
  const from = text('sourceIPAddress')
  const error = text('errorCode')
  return joined(
    ' · ',
    `${name} at ${text('eventSource')}`,
    who === '' ? '' : joined(' from ', `by ${who}`, from),
    error === '' ? '' : `refused (${error})`,
  )
}

/** Both ends where the record has both; else the peer, and the program that talked to it. */
function connection(text: (name: string) => string): string {
  if (text('id.resp_h') !== '') return joined(' · ', ends(text), text('service'))
  const peer = text('DestinationIp') || text('network.peer.address')
  return peer === '' ? '' : joined(':', peer, text('DestinationPort')) + by(text)
}

function ends(text: (name: string) => string): string {
  const end = (side: 'orig' | 'resp', name: string): string =>
    joined(' ', text(name), joined(':', text(`id.${side}_h`), text(`id.${side}_p`)))
  return joined(' → ', end('orig', 'client.container.name'), end('resp', 'server.container.name'))
}

/** `/var/run/docker.sock → /run/docker.sock (rw)`; a volume or tmpfs by its kind. */
function mount(text: (name: string) => string): string {
  const destination = text('mount.destination')
  if (destination === '') return ''
  const source = text('mount.source') || text('mount.type')
  const readOnly = text('mount.read_only')
  const access = readOnly === 'true' ? '(ro)' : readOnly === 'false' ? '(rw)' : ''
  return joined(' ', joined(' → ', source, destination), access)
}

/** `get secrets shop/db-password · by alice as system:admin · refused (403)`. */
function request(text: (name: string) => string): string {
  const verb = text('verb')
  if (verb === '') return ''
  const kind = joined('/', text('objectRef.resource'), text('objectRef.subresource'))
  const object = joined(' ', kind, joined('/', text('objectRef.namespace'), text('objectRef.name')))
  const who = joined(' as ', text('user.username') || text('user.name'), text('impersonatedUser.username'))
  const code = Number(text('responseStatus.code'))
  return joined(
    ' · ',
    joined(' ', verb, object === '' ? text('requestURI') : object),
    who === '' ? '' : `by ${who}`,
    code >= 400 ? `refused (${code})` : '',
  )
}

function by(text: (name: string) => string): string {
  return text('Image') === '' ? '' : ` · by ${text('Image')}`
}

function joined(between: string, ...texts: readonly string[]): string {
  return texts.filter((text) => text !== '').join(between)
}
