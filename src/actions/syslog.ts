import { createSocket } from 'node:dgram'
import { readFileSync } from 'node:fs'
import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { hostname } from 'node:os'
import { connect as connectTls } from 'node:tls'
import { lookup } from 'node:dns/promises'
import { z } from 'zod'
import { plainText } from '../domain/plain-text.ts'
import { defineAction, type ActionContext, type ActionResult, type Delivery } from './action.ts'
import { unreadable } from './secret-file.ts'
import { FACILITIES, syslogMessage, type Facility } from './syslog-message.ts'

const PORTS = { udp: 514, tcp: 601, tls: 6514 } as const
/** Every receiver takes 2,048 bytes, most take 8,192 (RFC 5424, 6.1). */
const LIMITS = { udp: 2_048, tcp: 8_192, tls: 8_192 } as const
/** IANA's number for examples: Tallyman has none of its own. */
const EXAMPLE_ENTERPRISE = 32_473

const options = z.strictObject({
  type: z.literal('syslog'),
  host: z.string().min(1).describe('Name or address of the receiver'),
  port: z.number().int().min(1).max(65_535).optional().describe('514 for udp, 601 for tcp, 6514 for tls'),
  transport: z
    .enum(['udp', 'tcp', 'tls'])
    .default('tls')
    .describe('tls (RFC 5425), tcp (RFC 6587) or udp, which loses messages without saying so'),
  facility: z
    .enum(Object.keys(FACILITIES) as [Facility, ...Facility[]])
    .default('local0')
    .describe('Facility of each message'),
  enterprise: z
    .number()
    .int()
    .min(1)
    .default(EXAMPLE_ENTERPRISE)
    .describe('Private enterprise number in the name of the structured data'),
  caFile: z.string().optional().describe('PEM of the authorities to trust instead of the system’s, for tls'),
})
type SyslogOptions = z.output<typeof options>

/** RFC 5424 over UDP, TCP or TLS. */
export const syslog = defineAction({
  name: 'syslog',
  title: 'RFC 5424 over TLS, TCP or UDP',
  effect: 'notify',
  options,
  fields: [],
  privileges: ['outgoing connections to the receiver'],
  check: ({ caFile }: SyslogOptions) => unreadable([caFile]),
  async run(chosen: SyslogOptions, delivery: Delivery, context): Promise<ActionResult> {
    const { transport, facility, enterprise, host } = chosen
    const port = chosen.port ?? PORTS[transport]
    const message = syslogMessage(delivery, {
      facility,
      enterprise,
      hostname: hostname(),
      limit: LIMITS[transport],
    })
    try {
      if (transport === 'udp') await sendDatagram(message, host, port)
      else await sendFrame(message, openSocket(chosen, port), context)
      return { kind: 'done', reason: transport === 'udp' ? 'sent; udp knows no answer' : 'taken' }
    } catch (cause) {
      const { code, message: text } = cause as NodeJS.ErrnoException
      const why = context.signal.aborted ? 'not taken in time' : plainText(code ?? text)
      return { kind: 'failed', answered: false, reason: `${plainText(host)}:${port}: ${why}` }
    }
  },
})

function openSocket({ transport, host, caFile }: SyslogOptions, port: number): Socket {
  if (transport === 'tcp') return connectPlain({ host, port })
  const trusted = caFile === undefined ? {} : { ca: readFileSync(caFile) }
  return connectTls({ host, port, ...(isIP(host) === 0 ? { servername: host } : {}), ...trusted })
}

/**
 * One frame on a connection of its own (octet counting, RFC 6587, 3.4.1). The protocol knows no answer; that the
 * receiver closes after the end of what was sent says that it has read all of it.
 */
function sendFrame(message: Buffer, socket: Socket, { signal }: ActionContext): Promise<void> {
  return new Promise((resolve, reject) => {
    const give = (): void => void socket.destroy(new Error('not taken in time'))
    if (signal.aborted) give()
    signal.addEventListener('abort', give, { once: true })
    let failure: Error | undefined
    let ended = false
    socket.once('error', (cause) => {
      failure = cause
    })
    socket.once('end', () => {
      ended = true
    })
    socket.once('close', () => {
      signal.removeEventListener('abort', give)
      if (failure !== undefined) reject(failure)
      else if (ended && socket.bytesWritten > 0) resolve()
      else reject(new Error('the connection broke'))
    })
    socket.resume()
    socket.end(Buffer.concat([Buffer.from(`${message.length} `), message]))
  })
}

async function sendDatagram(message: Buffer, host: string, port: number): Promise<void> {
  const { address, family } = await lookup(host)
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4')
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject)
      socket.send(message, port, address, (cause) => (cause === null ? resolve() : reject(cause)))
    })
  } finally {
    socket.close()
  }
}
