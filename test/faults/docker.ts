import { createHash } from 'node:crypto'
import { createServer, type Server, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import type { Event } from '../../src/domain/event.ts'
import { dockerInput } from '../../src/inputs/docker.ts'
import { eventually } from '../daemon.ts'
import { cuttingProxy } from './cutting-proxy.ts'
import type { StartFaulty } from './faulty-input.ts'

const RING = 256

interface Container {
  readonly id: string
  readonly name: string
  readonly created: string
}

/**
 * *Simulated*: as much of an engine's API as is read, with what the real ones do (`real/docker-input.test.ts`):
 * Docker holds its newest events in memory, which a restart empties; Podman's are in a log and stay.
 */
function simulatedEngine(kind: 'docker' | 'podman') {
  let [id, root] = ['engine-1', '/var/lib/one']
  let containers: Container[] = []
  let events: { readonly nano: bigint; readonly line: string }[] = []
  const live = new Set<ServerResponse>()
  let last = 0n
  const note = (line: string): void => {
    for (const response of live) response.write(`${line}\n`)
  }
  const answer = (url: URL, response: ServerResponse): void => {
    const { pathname, searchParams } = url
    const [, asked] = /^\/containers\/([0-9a-f]{64})\/json/.exec(pathname) ?? []
    const known = containers.find((container) => container.id === asked)
    if (pathname === '/version')
      response.end(JSON.stringify({ Components: [{ Name: kind === 'podman' ? 'Podman Engine' : 'Engine' }] }))
    else if (pathname === '/info')
      response.end(
        JSON.stringify({
          ID: id,
          Name: 'node-1',
          DockerRootDir: root,
          SystemTime: new Date().toISOString(),
        }),
      )
    else if (known !== undefined) response.end(specification(known))
    else if (pathname === '/containers/json')
      response.end(JSON.stringify(containers.map((container) => ({ Id: container.id }))))
    else if (pathname === '/events') {
      const [since, until] = ['since', 'until'].map((name) => nanoOf(searchParams.get(name)))
      response.flushHeaders()
      for (const { nano, line } of events)
        if (nano >= (since ?? 0n) && nano < (until ?? 2n ** 63n)) response.write(`${line}\n`)
      if (until !== undefined) response.end()
      else {
        live.add(response)
        response.once('close', () => live.delete(response))
      }
    } else response.writeHead(404).end('{"message":"no such container"}')
  }
  return {
    answer,
    /** Live streams get these bytes as they are. */
    write(bytes: string | Buffer) {
      for (const response of live) response.write(bytes)
    },
    watched: () => live.size > 0,
    create(name: string): { readonly line: string; readonly tell: () => void } {
      const now = BigInt(Date.now()) * 1_000_000n
      last = now > last ? now : last + 1n
      const container = {
        id: createHash('sha256').update(name).digest('hex'),
        name,
        created: new Date(Number(last / 1_000_000n)).toISOString(),
      }
      const event = { Type: 'container', Action: 'create', Actor: { ID: container.id, Attributes: { name } } }
      const line = JSON.stringify({ ...event, timeNano: 0 }).replace(':0}', `:${last}}`)
      containers.push(container)
      events = [...events, { nano: last, line }].slice(-RING)
      return { line, tell: () => note(line) }
    },
    /** It comes back with what it keeps on its disk, or on an empty one. */
    restart(memory: 'kept' | 'lost') {
      if (kind === 'docker') events = []
      if (memory === 'kept') return
      containers = []
      events = []
      id = 'engine-2'
      root = '/var/lib/two'
    },
  }
}

function specification({ id, name, created }: Container): string {
  return JSON.stringify({
    Id: id,
    Name: `/${name}`,
    Created: created,
    State: { Running: false },
    Config: { Image: 'shop:1', Cmd: ['true'] },
    HostConfig: { NetworkMode: 'bridge' },
    Mounts: [],
    NetworkSettings: { Networks: {} },
  })
}

function nanoOf(seconds: string | null): bigint | undefined {
  if (seconds === null) return undefined
  const [whole = '0', rest = ''] = seconds.split('.')
  return BigInt(whole) * 1_000_000_000n + BigInt(rest.padEnd(9, '0'))
}

function faultyEngine(kind: 'docker' | 'podman'): StartFaulty {
  return async (folder) => {
    const engine = simulatedEngine(kind)
    let server: Server
    const start = async (): Promise<Server> => {
      const made = createServer((request, response) =>
        engine.answer(new URL(request.url ?? '', 'http://e'), response),
      )
      await new Promise<void>((resolve) => void made.listen(join(folder, 'real.sock'), () => resolve()))
      return made
    }
    const stop = async (): Promise<void> => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
    server = await start()
    const proxy = await cuttingProxy(join(folder, 'real.sock'), join(folder, 'engine.sock'))
    const watched = () => eventually(() => (engine.watched() ? true : undefined))
    return {
      input: () => dockerInput({ name: 'engine', socket: String(proxy.at), now: Date.now }),
      async tell(mark) {
        engine.create(mark).tell()
      },
      async tellCut(mark) {
        // within the event that tells of it, then within the answer to the question what it is
        await watched()
        const { line } = engine.create(mark)
        const cut = proxy.cutWithin('"Action":"create"')
        engine.write(`${line}\n`)
        await cut
        await proxy.cutWithin(`"Name":"/${mark}"`)
        return { failed: 0, comes: true }
      },
      async restart(memory) {
        await stop()
        engine.restart(memory)
        server = await start()
      },
      async tellAmid(garbage, marks) {
        await watched()
        for (const [index, mark] of marks.entries()) {
          engine.create(mark).tell()
          const piece = garbage[index]
          if (piece !== undefined) engine.write(Buffer.concat([piece, Buffer.from('\n')]))
        }
        return garbage.length
      },
      markOf: ({ source, logsource, resource }: Event) =>
        source === 'docker.inspect' && logsource.category === 'container_create'
          ? String(resource['container.name'])
          : undefined,
      longest: 16 * 1024 * 1024,
      whileAway: 'comes',
      async stop() {
        await proxy.stop()
        await stop()
      },
    }
  }
}

export const faultyDocker = faultyEngine('docker')
export const faultyPodman = faultyEngine('podman')
