import { createServer, type Server } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** What an engine says of a container: the inspect document, and the event of its making where it still tells it. */
export interface Described {
  readonly id: string
  readonly specification: string
  /** ms; undefined where it was made before the engine remembers. */
  readonly made?: number
}

/** As much of Docker's API as is read of an engine whose every inspect takes `pause` ms. */
export function slowEngine(containers: readonly Described[], pause: number): Server {
  const events = containers
    .flatMap(({ id, made }) => (made === undefined ? [] : [creation(id, made)]))
    .join('')
  return createServer((request, response) => {
    const url = request.url ?? ''
    const [, asked] = /^\/containers\/([0-9a-f]{64})\/json/.exec(url) ?? []
    const known = containers.find(({ id }) => id === asked)
    if (known !== undefined) void sleep(pause).then(() => response.end(known.specification))
    else if (url.startsWith('/containers/json'))
      response.end(JSON.stringify(containers.map(({ id }) => ({ Id: id }))))
    else if (url.startsWith('/version')) response.end('{"Components":[{"Name":"Engine"}]}')
    else if (url.startsWith('/info'))
      response.end(JSON.stringify({ ID: 'engine-1', Name: 'vm', SystemTime: new Date().toISOString() }))
    else if (url.startsWith('/events')) {
      response.flushHeaders()
      response.write(events)
      if (url.includes('until')) response.end()
    } else response.writeHead(404).end('{}')
  })
}

function creation(id: string, made: number): string {
  const event = { Type: 'container', Action: 'create', Actor: { ID: id, Attributes: {} } }
  return `${JSON.stringify({ ...event, timeNano: 0 }).replace(':0}', `:${made}000000}`)}\n`
}
