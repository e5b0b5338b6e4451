import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** One TCP segment on the wire, with what of TLS was complete in it. */
export interface Packet {
  /** Seconds since the epoch. */
  readonly time: number
  /** Which connection, as the capture numbers them. */
  readonly connection: number
  readonly source: string
  readonly sourcePort: number
  readonly destination: string
  readonly destinationPort: number
  /** `S` SYN, `A` ACK, `F` FIN, `R` RST. */
  readonly flags: string
  /** Bytes of payload, and of the IP packet. */
  readonly payload: number
  readonly length: number
  /** TLS: content types of the records, and types of the handshake messages that are readable. */
  readonly contents: readonly number[]
  readonly messages: readonly number[]
  readonly versions: readonly number[]
  /** The versions of the hello’s extension: of a server hello the one that counts. */
  readonly supportedVersions: readonly number[]
  readonly ciphers: readonly number[]
  readonly serverName: string | undefined
  readonly alerts: readonly number[]
  /** DER, hex. */
  readonly certificates: readonly string[]
}

export interface Capture {
  readonly packets: AsyncIterable<Packet>
  /** Ends the capture; what was captured before is still handed out. */
  readonly stop: () => void
}

const FIELDS = [
  'frame.time_epoch',
  'tcp.stream',
  'ip.src',
  'tcp.srcport',
  'ip.dst',
  'tcp.dstport',
  'tcp.flags',
  'tcp.len',
  'ip.len',
  'tls.record.content_type',
  'tls.record.opaque_type',
  'tls.handshake.type',
  'tls.handshake.version',
  'tls.handshake.extensions.supported_version',
  'tls.handshake.ciphersuite',
  'tls.handshake.extensions_server_name',
  'tls.alert_message.desc',
  'tls.handshake.certificate',
] as const

/**
 * Captures TCP over IPv4 on an interface of a network namespace with tshark (Debian's `tshark`; root). `ports` are
 * read as TLS. Resolves when packets are being captured.
 */
export async function capture(netns: string, device: string, ports: readonly number[]): Promise<Capture> {
  const child = spawn(
    'nsenter',
    [
      `--net=/run/netns/${netns}`,
      'tshark',
      // by itself at the latest then, whatever became of who started it
      '-a',
      'duration:1800',
      '-l',
      '-n',
      '-i',
      device,
      '-f',
      'tcp',
      '-T',
      'fields',
      '-E',
      'separator=/t',
      '-E',
      'aggregator=,',
      ...ports.flatMap((port) => ['-d', `tcp.port==${port},tls`]),
      ...FIELDS.flatMap((field) => ['-e', field]),
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const failed = new Promise<never>((_, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`tshark ended with ${code} before it captured: ${said}`)))
  })
  let said = ''
  const capturing = new Promise<void>((resolve) => {
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      if (said.includes('Capture started')) resolve()
    })
  })
  await Promise.race([capturing, failed])
  failed.catch(() => {})
  return { packets: packetsOf(child.stdout), stop: () => child.kill('SIGINT') }
}

async function* packetsOf(stdout: NodeJS.ReadableStream): AsyncGenerator<Packet> {
  for await (const line of createInterface({ input: stdout })) {
    const cells = line.split('\t')
    const cell = (field: (typeof FIELDS)[number]): string => cells[FIELDS.indexOf(field)] ?? ''
    const list = (field: (typeof FIELDS)[number]): readonly string[] =>
      cell(field)
        .split(',')
        .filter((value) => value !== '')
    const numbers = (field: (typeof FIELDS)[number]): readonly number[] => list(field).map(Number)
    yield {
      // to the microsecond, as Zeek has it
      time: Number(Number(cell('frame.time_epoch')).toFixed(6)),
      connection: Number(cell('tcp.stream')),
      source: cell('ip.src'),
      sourcePort: Number(cell('tcp.srcport')),
      destination: cell('ip.dst'),
      destinationPort: Number(cell('tcp.dstport')),
      flags: flagsOf(Number(cell('tcp.flags'))),
      payload: Number(cell('tcp.len')),
      length: Number(cell('ip.len')),
      contents: [...numbers('tls.record.content_type'), ...numbers('tls.record.opaque_type')],
      messages: numbers('tls.handshake.type'),
      versions: numbers('tls.handshake.version'),
      supportedVersions: numbers('tls.handshake.extensions.supported_version'),
      ciphers: numbers('tls.handshake.ciphersuite'),
      serverName: cell('tls.handshake.extensions_server_name') || undefined,
      alerts: numbers('tls.alert_message.desc'),
      certificates: list('tls.handshake.certificate'),
    }
  }
}

function flagsOf(bits: number): string {
  return [
    [0x02, 'S'],
    [0x10, 'A'],
    [0x01, 'F'],
    [0x04, 'R'],
  ]
    .filter(([bit]) => (bits & Number(bit)) !== 0)
    .map(([, flag]) => flag)
    .join('')
}
