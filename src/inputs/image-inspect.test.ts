import { createServer, type Server } from 'node:http'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createDelivered, deliver, type Delivered } from '../../test/delivered.ts'
import { dockerInput, UNKNOWN_IMAGE } from './docker.ts'
import { engineApi } from './engine-api.ts'
import { engineImages } from './image-inspect.ts'

const idOf = (digit: string): string => `sha256:${digit.repeat(64)}`
const INSPECT = {
  Created: '2026-11-20T00:00:00Z',
  RepoTags: ['shop/web:1', 7],
  RepoDigests: null,
  RootFS: { Layers: [idOf('1')] },
  Config: { User: 'app', Env: ['TOKEN=hush', 'PATH=/bin'], Cmd: ['serve'], Labels: { a: 'b' } },
}

/** What the engine answers about an image: a status, and its documents. */
interface Answer {
  readonly status?: number
  readonly json?: unknown
  readonly history?: unknown
}

let folder: string
let socket: string
let server: Server
let asked: string[]
let answers: (id: string) => Answer
/** Ids of containers, and of their images. */
let containers: readonly (readonly [string, string])[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tm-'))
  socket = join(folder, 'engine.sock')
  asked = []
  containers = []
  answers = () => ({ json: INSPECT, history: [] })
  server = createServer((request, response) => {
    const url = decodeURIComponent(request.url ?? '')
    const [, image = '', what] = /^\/images\/(.+)\/(json|history)$/.exec(url) ?? []
    const [, id] = /^\/containers\/([0-9a-f]{64})\/json/.exec(url) ?? []
    const made = containers.find(([one]) => one === id)
    if (what === 'json' || what === 'history') {
      asked.push(`${what} ${image}`)
      const { status = 200, json, history } = answers(image)
      response.writeHead(status).end(JSON.stringify(what === 'json' ? json : history))
    } else if (made !== undefined)
      response.end(JSON.stringify({ Id: made[0], Image: made[1], Created: INSPECT.Created, Config: {} }))
    else if (url.startsWith('/containers/json'))
      response.end(JSON.stringify(containers.map(([one]) => ({ Id: one }))))
    else if (url.startsWith('/version')) response.end('{"Components":[]}')
    else if (url.startsWith('/info'))
      response.end(JSON.stringify({ ID: 'e1', Name: 'h', SystemTime: new Date() }))
    else if (url.startsWith('/events')) response.flushHeaders()
    else response.writeHead(404).end('{}')
  })
  await new Promise<void>((resolve) => void server.listen(socket, resolve))
})
afterEach(async () => {
  server.closeAllConnections()
  server.close()
  await rm(folder, { recursive: true, force: true })
})

const { signal } = new AbortController()
const images = (): ReturnType<typeof engineImages> => engineImages(engineApi(socket))

it('tells of an image what rules ask, and of its variables the names alone', async () => {
  answers = () => ({ json: INSPECT, history: [{ CreatedBy: 'CMD ["serve"]' }, {}, null] })
  expect(await images().of(idOf('a'), signal)).toEqual({
    Created: INSPECT.Created,
    RepoTags: ['shop/web:1'],
    RepoDigests: [],
    Layers: [idOf('1')],
    Config: {
      User: 'app',
      Entrypoint: undefined,
      Cmd: ['serve'],
      Volumes: undefined,
      Env: ['TOKEN', 'PATH'],
    },
    History: ['CMD ["serve"]', '', ''],
  })
})

it('bounds a history, the newest steps first, and says so', async () => {
  const steps = Array.from({ length: 300 }, (_, nth) => ({ CreatedBy: `${nth} ${'x'.repeat(9_000)}` }))
  answers = () => ({ json: INSPECT, history: steps })
  const addition = (await images().of(idOf('a'), signal)) as { History: readonly string[]; cut: boolean }
  expect(addition.cut).toBe(true)
  expect(addition.History.map((step) => step.split(' ')[0])).toEqual([...Array(16).keys()].map(String))
  expect(JSON.stringify(addition).length).toBeLessThan(140_000)
})

it('asks of each image once, also of many containers at one time, until images change', async () => {
  const engine = images()
  await Promise.all([1, 2, 3].map(() => engine.of(idOf('a'), signal)))
  await engine.of(idOf('b'), signal)
  const all = ['json', 'history'].flatMap((what) => [`${what} ${idOf('a')}`, `${what} ${idOf('b')}`])
  expect(asked.toSorted()).toEqual(all.toSorted())
  engine.forget()
  await engine.of(idOf('a'), signal)
  expect(asked).toHaveLength(6)
})

it('remembers so many images, and asks for no name that is no digest', async () => {
  const engine = images()
  const id = (nth: number): string => `sha256:${nth.toString(16).padStart(64, '0')}`
  for (let nth = 0; nth < 513; nth += 1) await engine.of(id(nth), signal)
  expect(asked).toHaveLength(2 * 513)
  await engine.of(id(512), signal)
  expect(asked).toHaveLength(2 * 513)
  await engine.of(id(0), signal)
  expect(asked).toHaveLength(2 * 514)
  for (const name of ['alpine', '../containers/json?', 7, undefined]) await engine.of(name, signal)
  expect(asked).toHaveLength(2 * 514)
})

function imagesOf(delivered: Delivered): unknown {
  return [...delivered.streams.values()]
    .flatMap((bytes) => bytes.toString().trim().split('\n'))
    .map((line) => (JSON.parse(line) as { 'x-tallyman': { image?: unknown } })['x-tallyman'].image)
}

it('describes a container whose image is gone or is not described, and counts the latter', async () => {
  containers = ['a', 'b', 'c'].map((digit) => [digit.repeat(64), idOf(digit)])
  answers = (id) =>
    id === idOf('a') ? { status: 404 } : id === idOf('b') ? { status: 500 } : { json: INSPECT, history: 'x' }
  const delivered = createDelivered()
  await deliver(
    dockerInput({ name: 'd', socket, now: Date.now }),
    delivered,
    () => delivered.streams.size > 0,
  )
  expect(imagesOf(delivered)).toEqual([
    { removed: true },
    undefined,
    expect.objectContaining({ History: [] }),
  ])
  expect(delivered.unreadable).toEqual([{ stream: 'docker:d:e1', reason: UNKNOWN_IMAGE, count: 1 }])
})
