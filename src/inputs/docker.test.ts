import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
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
