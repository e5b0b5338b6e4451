import { once } from 'node:events'
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttps } from 'node:https'
import { createServer as createTcp, type AddressInfo, type Server, type Socket } from 'node:net'
import { createServer as createTls, createSecureContext, TLSSocket, type TlsOptions } from 'node:tls'

/** What a webhook receiver got. */
export interface Received {
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export interface Receiver<T> extends AsyncDisposable {
  readonly port: number
  readonly received: T[]
}

/** A real HTTP server that keeps what it got and answers what `answer` says; `undefined` never answers. */
export async function httpReceiver(
  answer: (n: number, request: Received, response: ServerResponse) => number | undefined = () => 204,
  tls?: TlsOptions,
): Promise<Receiver<Received>> {
  const received: Received[] = []
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    let body = ''
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString()
    })
    request.on('end', () => {
      const got = { headers: request.headers, body }
      received.push(got)
      const status = answer(received.length, got, response)
      if (status !== undefined) response.writeHead(status).end()
    })
  }
  const server = tls === undefined ? createHttp(handle) : createHttps(tls, handle)
  return { received, ...(await listening(server)) }
}

/** A real syslog receiver: octet-counted frames, over TCP or TLS. */
export async function syslogReceiver(tls?: TlsOptions): Promise<Receiver<string>> {
  const received: string[] = []
  const take = (socket: Socket): void => {
    let text = Buffer.alloc(0)
    socket.on('error', () => {})
    socket.on('data', (chunk: Buffer) => {
      text = Buffer.concat([text, chunk])
      for (;;) {
        const length = /^(\d+) /.exec(text.subarray(0, 12).toString())
        if (length === null) return
        const start = length[0].length
        const end = start + Number(length[1])
        if (text.length < end) return
        received.push(text.subarray(start, end).toString())
        text = text.subarray(end)
      }
    })
  }
  const server = tls === undefined ? createTcp(take) : createTls(tls, take)
  return { received, ...(await listening(server)) }
}

export interface Mail {
  readonly from: string
  readonly to: readonly string[]
  readonly data: string
  readonly secure: boolean
  readonly user: string | undefined
}

export interface SmtpBehaviour {
  readonly tls?: TlsOptions
  /** Wanted before anything is taken. */
  readonly login?: { readonly user: string; readonly password: string }
  /** Answer to a command other than the usual one. */
  readonly answer?: (command: string) => string | undefined
}

/** A small real SMTP server (RFC 5321) with STARTTLS (RFC 3207) and AUTH PLAIN (RFC 4954). */
export async function smtpReceiver({ tls, login, answer }: SmtpBehaviour = {}): Promise<Receiver<Mail>> {
  const received: Mail[] = []
  const server = createTcp((plain) => {
    let socket: Socket = plain
    let [secure, user, from] = [false, undefined as string | undefined, '']
    let to: string[] = []
    let buffered = ''
    let data: string[] | undefined
    const say = (line: string): void => void socket.write(`${line}\r\n`)
    const obey = (line: string): void => {
      if (data !== undefined) {
        if (line !== '.') {
          data.push(line.replace(/^\.\./, '.'))
          return
        }
        const refusal = answer?.('.')
        if (refusal === undefined) received.push({ from, to, data: data.join('\n'), secure, user })
        data = undefined
        say(refusal ?? '250 2.0.0 taken')
        return
      }
      const special = answer?.(line)
      if (special !== undefined) {
        say(special)
        return
      }
      const [verb = ''] = line.toUpperCase().split(' ')
      if (verb === 'EHLO') {
        const offers = [...(tls !== undefined && !secure ? ['STARTTLS'] : []), 'AUTH PLAIN', '8BITMIME']
        for (const offer of offers) say(`250-${offer}`)
        say('250 SIZE 1000000')
      } else if (verb === 'STARTTLS' && tls !== undefined) {
        say('220 go ahead')
        plain.removeListener('data', take)
        secure = true
        socket = new TLSSocket(plain, { isServer: true, secureContext: createSecureContext(tls) })
        socket.on('data', take)
        socket.on('error', () => {})
      } else if (verb === 'AUTH') {
        const [, name, password] = Buffer.from(line.split(' ')[2] ?? '', 'base64')
          .toString()
          .split('\0')
        const right = login !== undefined && name === login.user && password === login.password
        if (right) user = name
        say(right ? '235 welcome' : '535 5.7.8 wrong name or password')
      } else if (verb === 'MAIL') {
        from = /<(.*?)>/.exec(line)?.[1] ?? ''
        to = []
        say(login !== undefined && user === undefined ? '530 5.7.0 log in first' : '250 ok')
      } else if (verb === 'RCPT') {
        to.push(/<(.*?)>/.exec(line)?.[1] ?? '')
        say('250 ok')
      } else if (verb === 'DATA') {
        data = []
        say('354 end with a dot')
      } else if (verb === 'QUIT') {
        say('221 bye')
        socket.end()
      } else say('250 ok')
    }
    const take = (chunk: Buffer): void => {
      buffered += chunk.toString()
      for (let end = buffered.indexOf('\r\n'); end >= 0; end = buffered.indexOf('\r\n')) {
        const line = buffered.slice(0, end)
        buffered = buffered.slice(end + 2)
        obey(line)
      }
    }
    plain.on('data', take)
    plain.on('error', () => {})
    say('220 test ESMTP')
  })
  return { received, ...(await listening(server)) }
}

async function listening(server: Server): Promise<{ readonly port: number } & AsyncDisposable> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
