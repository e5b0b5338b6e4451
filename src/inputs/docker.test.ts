import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { eventually } from '../../test/daemon.ts'
import { createDelivered, deliver } from '../../test/delivered.ts'
import { createPosition } from './docker-position.ts'
import { dockerInput } from './docker.ts'
import { engineApi } from './engine-api.ts'
import { changesSpecification, parseEvent } from './engine-event.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tm-'))
  await chmod(folder, 0o755)
})
afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

const listening = (server: Server, socket: string): Promise<void> =>
  new Promise((resolve) => void server.listen(socket, () => resolve()))

it('tells that no engine answers as one interval that grows, and keeps trying', async () => {
  const delivered = createDelivered()
  const until = Date.now() + 1_500
  const socket = join(folder, 'none.sock')
  await deliver(dockerInput({ name: 'd', socket, now: Date.now }), delivered, () => Date.now() > until)
  expect(delivered.unreadable).toEqual([])
  expect(new Set(delivered.findings.map(({ id }) => id)).size).toBe(1)
  const [first, last] = [delivered.findings.at(0), delivered.findings.at(-1)]
  expect(first).toMatchObject({
    kind: 'unobserved-interval',
    about: 'd',
    message: expect.stringContaining('ENOENT') as string,
  })
  expect(last?.until).toBeGreaterThan(first?.until ?? Infinity)
})

it.skipIf(process.getuid?.() !== 0)('tells a user who may not read the socket what to do', async () => {
  const socket = join(folder, 'closed.sock')
  const server = createServer()
  await listening(server, socket)
  await chmod(socket, 0o600)
  process.seteuid?.('nobody')
  try {
    const reading = deliver(dockerInput({ name: 'd', socket, now: Date.now }), createDelivered())
    await expect(reading).rejects.toMatchObject({
      name: 'UserError',
      mend: expect.stringContaining('group docker') as string,
    })
  } finally {
    process.seteuid?.(0)
    server.close()
  }
})

it('has settled when what is there is committed, and when no engine answers', async () => {
  const server = fakeEngine(
    () => ['b'.repeat(64)],
    (id) => ({ status: 200, answer: specification(id) }),
  )
  const socket = join(folder, 'engine.sock')
  await listening(server, socket)
  const input = dockerInput({ name: 'd', socket, now: Date.now })
  const stop = new AbortController()
  const batches = input.read(createDelivered().resume, stop.signal)[Symbol.asyncIterator]()
  for (let batch = 0; batch < 2; batch += 1) {
    expect((await batches.next()).done).toBe(false)
    expect(input.settled?.()).toBe(false)
  }
  const further = batches.next()
  await eventually(() => input.settled?.() === true || undefined)
  stop.abort()
  await further
  server.closeAllConnections()
  server.close()

  const away = dockerInput({ name: 'd', socket: join(folder, 'none.sock'), now: Date.now })
  expect(away.settled?.()).toBe(false)
  const delivered = createDelivered()
  await deliver(away, delivered, () => delivered.findings.length > 0)
  expect(away.settled?.()).toBe(true)
})

it('reads with GET only, and keeps the engine’s refusal', async () => {
  const socket = join(folder, 'engine.sock')
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    response.writeHead(404).end('{"message":"no such container"}')
  })
  await listening(server, socket)
  await expect(engineApi(socket).text('/containers/x/json')).rejects.toMatchObject({ status: 404 })
  expect(asked).toEqual(['GET /containers/x/json'])
  server.close()
})

it('recognises an event by what it says, exactly to the nanosecond', () => {
  const old =
    '{"status":"create","id":"a","from":"i","Type":"container","Action":"create","Actor":{"ID":"a","Attributes":{"name":"n","image":"i"}},"timeNano":1795242982404224801}'
  const upgraded =
    '{"Type":"container","Action":"create","Actor":{"ID":"a","Attributes":{"image":"i","name":"n"}},"timeNano":1795242982404224801}'
  expect(parseEvent(old).key).toBe(parseEvent(upgraded).key)
  expect(parseEvent(old).nano).toBe(1795242982404224801n)
  expect(parseEvent(old).key).not.toBe(parseEvent(old.replace('801}', '802}')).key)
})

it('takes hostile lines as lines, and inspects nothing that is no container id', () => {
  for (const line of [
    'not JSON',
    '[]',
    'null',
    '{"Type":"container","Action":"create","Actor":{"ID":"../../volumes/x"}}',
    '{"Type":"container","Action":"create","Actor":{"ID":5}}',
    '{"Type":"network","Action":"connect","Actor":{"ID":"n","Attributes":{"container":{"x":1}}}}',
  ]) {
    expect(changesSpecification(parseEvent(line))).toBe(false)
    expect(parseEvent(line).line).toBe(line)
  }
  // a label cannot pass for the time
  const label = '{"Type":"t","Action":"a","timeNano":7,"Actor":{"Attributes":{"x":"\\"timeNano\\":9"}}}'
  expect(parseEvent(label).nano).toBe(7n)
})

it('asks again for no more than it can recognise', () => {
  const position = createPosition('e', 0)
  const event = (index: number): ReturnType<typeof parseEvent> =>
    parseEvent(`{"Type":"t","Action":"a${index}","Actor":{"ID":"x"},"timeNano":${1_000_000_000 + index}}`)
  for (let index = 0; index < 600; index += 1) position.deliver(event(index))
  const restored = createPosition('e', 1, JSON.parse(JSON.stringify(position.checkpoint())))
  expect(restored.since()).toBe(1_000_000_000n + 88n)
  expect(restored.wasDelivered(event(88))).toBe(true)
  expect(restored.wasDelivered(event(599))).toBe(true)
  expect(restored.wasDelivered(event(600))).toBe(false)
})

it.each([
  ['an error', 500, '{"message":"disk I/O"}'],
  ['nothing', 200, ''],
  ['no JSON', 200, '<html>'],
  ['an empty specification', 200, '{}'],
  [
    'more than a record holds',
    200,
    `{"Id":"x","Mounts":[],"Config":{"Env":["${'a'.repeat(16 * 1024 * 1024)}"]}}`,
  ],
])('one container of which the engine says %s hides no other', async (_what, status, answer) => {
  const [odd, good] = ['a'.repeat(64), 'b'.repeat(64)]
  const server = fakeEngine(
    () => [odd, null, good],
    (id) => (id === odd ? { status, answer } : { status: 200, answer: specification(id) }),
  )
  const socket = join(folder, 'engine.sock')
  await listening(server, socket)
  const delivered = createDelivered()
  await deliver(dockerInput({ name: 'd', socket, now: Date.now }), delivered, () =>
    String(delivered.streams.get('docker:d:engine-1') ?? '').includes(good),
  )
  server.closeAllConnections()
  server.close()
  expect(delivered.findings).toEqual([
    expect.objectContaining({
      kind: 'specification-unresolved',
      resource: expect.objectContaining({ 'container.id': odd }) as object,
    }),
  ])
})

it('an event too large to read hides no container', async () => {
  const hidden = 'c'.repeat(64)
  let there: string[] = []
  const server = fakeEngine(
    () => there,
    (id) => ({ status: 200, answer: specification(id) }),
    (send) => {
      there = [hidden]
      send(
        `{"Type":"container","Action":"create","Actor":{"ID":"${hidden}","Attributes":{"x":"${'l'.repeat(17 * 1024 * 1024)}"}}}\n`,
      )
    },
  )
  const socket = join(folder, 'engine.sock')
  await listening(server, socket)
  const delivered = createDelivered()
  await deliver(dockerInput({ name: 'd', socket, now: Date.now }), delivered, () =>
    String(delivered.streams.get('docker:d:engine-1') ?? '').includes(hidden),
  )
  server.closeAllConnections()
  server.close()
  expect(delivered.findings.map(({ kind }) => kind)).toContain('bound-reached')
  expect(delivered.unreadable).toMatchObject([{ reason: 'docker: event larger than 16 MiB', count: 1 }])
})

it('a list of containers that is none is an engine that does not answer', async () => {
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/containers/json') === true) response.end('not json')
    else answerAbout(request.url ?? '', response)
  })
  const socket = join(folder, 'engine.sock')
  await listening(server, socket)
  const delivered = createDelivered()
  const until = Date.now() + 15_000
  await deliver(
    dockerInput({ name: 'd', socket, now: Date.now }),
    delivered,
    () => Date.now() > until || delivered.findings.length > 0,
  )
  server.closeAllConnections()
  server.close()
  expect(delivered.findings[0]).toMatchObject({
    kind: 'unobserved-interval',
    message: expect.stringContaining('not JSON') as string,
  })
})

function specification(id: string): string {
  return JSON.stringify({ Id: id, Created: '2026-11-20T00:00:00Z', Mounts: [], HostConfig: {}, Config: {} })
}

function answerAbout(
  url: string,
  response: ServerResponse,
  live?: (send: (text: string) => void) => void,
): void {
  if (url.startsWith('/version')) response.end('{"Components":[{"Name":"Engine"}]}')
  else if (url.startsWith('/info'))
    response.end(JSON.stringify({ ID: 'engine-1', Name: 'host-1', SystemTime: new Date().toISOString() }))
  else if (url.startsWith('/events')) {
    response.flushHeaders()
    if (url.includes('until')) response.end()
    else live?.((text) => void response.write(text))
  } else response.writeHead(404).end('{}')
}

/** An engine that says what a test wants of it, over a real socket. */
function fakeEngine(
  list: () => readonly (string | null)[],
  inspect: (id: string) => { readonly status: number; readonly answer: string },
  live?: (send: (text: string) => void) => void,
): Server {
  return createServer((request, response) => {
    const url = request.url ?? ''
    const [, id] = /^\/containers\/([0-9a-f]{64})\/json/.exec(url) ?? []
    if (id !== undefined) {
      const { status, answer } = inspect(id)
      response.writeHead(status).end(answer)
    } else if (url.startsWith('/containers/json')) {
      response.end(JSON.stringify(list().map((each) => (each === null ? null : { Id: each }))))
    } else
      answerAbout(url, response, live === undefined ? undefined : (send) => setTimeout(() => live(send), 300))
  })
}
