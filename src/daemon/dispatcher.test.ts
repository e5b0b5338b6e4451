import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { aCommit } from '../../test/builders.ts'
import { aNotice, anEntry } from '../../test/notices.ts'
import { httpReceiver, smtpReceiver, type Received, type Receiver } from '../../test/receivers.ts'
import { testClock, type TestClock } from '../../test/test-clock.ts'
import { sinkSchema } from '../config/notify-config.ts'
import { openStore } from '../store/sqlite.ts'
import type { Store } from '../store/store.ts'
import { createDispatcher, type Dispatcher } from './dispatcher.ts'
import { createSink } from './sink.ts'

const T = Date.UTC(2026, 10, 20, 10)
const MINUTE = 60_000
let folder: string
let store: Store
let clock: TestClock
let said: string[]
let dispatcher: Dispatcher | undefined

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-dispatcher-'))
  store = openStore(join(folder, 'store.db'), { durable: true })
  clock = testClock(T)
  said = []
})
afterEach(async () => {
  await stop()
  store.close()
  rmSync(folder, { recursive: true })
})

function start(
  ports: Readonly<Record<string, number>>,
  options: object = {},
  outbox: Store = store,
): Dispatcher {
  return startSinks(
    Object.entries(ports).map(([name, port]) => ({
      type: 'webhook',
      name,
      url: `http://127.0.0.1:${port}/hook`,
      ...options,
    })),
    outbox,
  )
}

function startSinks(configured: readonly object[], outbox: Store = store): Dispatcher {
  const sinks = configured.map((each) => createSink(sinkSchema.parse(each)))
  const console = (): string => 'https://tally.example'
  const say = (line: string): void => void said.push(line)
  dispatcher = createDispatcher({ outbox, sinks, console, clock, random: () => 0.5, say })
  return dispatcher
}

async function stop(): Promise<void> {
  const stopped = dispatcher?.stop()
  dispatcher = undefined
  await stopped
}

function write(subjects: readonly string[], sink = 'ops'): void {
  const outbox = subjects.map((subject) =>
    anEntry({
      sink,
      subject,
      notice: aNotice({ at: clock.now(), incident: { id: subject, first: T, last: T } }),
    }),
  )
  store.commit(aCommit({ at: clock.now(), outbox }))
  dispatcher?.wake()
}

/** Lets time pass; each instant at which somebody wakes is lived through to its end, with real servers. */
async function pass(ms: number): Promise<void> {
  const until = clock.now() + ms
  await dispatcher?.settled()
  while (clock.next(until)) {
    await setImmediate()
    await dispatcher?.settled()
  }
  await setImmediate()
  await dispatcher?.settled()
}

const keyOf = ({ headers }: Received): string => String(headers['idempotency-key'])
const subjectOf = ({ body }: Received): string =>
  (JSON.parse(body) as { data: { incident: { id: string } } }).data.incident.id
const unique = <T>(items: readonly T[]): readonly T[] => [...new Set(items)]
const typesOf = (receiver: Receiver<Received>): readonly string[] =>
  receiver.received.map(({ body }) => (JSON.parse(body) as { type: string }).type)

const thirty = Array.from({ length: 30 }, (_, n) => `incident-${n}`)
const ONE_BY_ONE = { digest: { over: 1_000 } }

describe('a sink that is down', () => {
  it('for ten minutes with 500 gets all of it afterwards, once per key, in order, and few attempts in between', async () => {
    let up = false
    await using receiver = await httpReceiver(() => (up ? 204 : 500))
    start({ ops: receiver.port }, ONE_BY_ONE)
    for (let minute = 0; minute < 10; minute += 1) {
      write(thirty.slice(minute * 3, minute * 3 + 3))
      await pass(MINUTE)
    }
    const attempts = receiver.received.length
    expect(attempts).toBeGreaterThan(5)
    expect(attempts).toBeLessThan(12)
    expect(unique(receiver.received.map(keyOf)).length).toBe(1)
    expect(store.sinkSummaries()).toMatchObject([{ pending: 30, failing: { attempts, error: 'HTTP 500' } }])
    up = true
    await pass(5 * MINUTE)
    const delivered = receiver.received.slice(attempts)
    expect(delivered.map(subjectOf)).toEqual(thirty)
    expect(unique(delivered.map(keyOf)).length).toBe(30)
    expect(store.sinkSummaries()).toEqual([{ sink: 'ops', pending: 0, delivered: 30, dead: 0 }])
    expect(said.filter((line) => line.includes('reached again')).length).toBe(1)
  })

  it('for ten minutes with nobody at the port gets all of it afterwards', async () => {
    const gone = await httpReceiver()
    const { port } = gone
    await gone[Symbol.asyncDispose]()
    start({ ops: port }, ONE_BY_ONE)
    write(thirty)
    await pass(10 * MINUTE)
    expect(store.sinkSummaries()).toMatchObject([
      { pending: 30, failing: { error: expect.stringContaining('ECONNREFUSED') } },
    ])
    await stop()
    await using back = await httpReceiver()
    start({ ops: back.port }, ONE_BY_ONE)
    await pass(0)
    expect(back.received.map(subjectOf)).toEqual(thirty)
  })

  it('does not hold up another one', async () => {
    await using broken = await httpReceiver(() => 500)
    await using fine = await httpReceiver()
    start({ broken: broken.port, fine: fine.port }, ONE_BY_ONE)
    write(['a', 'b'], 'broken')
    write(['a', 'b'], 'fine')
    await pass(0)
    expect(fine.received.map(subjectOf)).toEqual(['a', 'b'])
    expect(broken.received.length).toBe(1)
  })

  it('is asked again when it said so', async () => {
    await using receiver = await httpReceiver((n, _request, response) => {
      if (n > 1) return 204
      response.setHeader('retry-after', '120')
      return 429
    })
    start({ ops: receiver.port })
    write(['a'])
    await pass(119_000)
    expect(receiver.received.length).toBe(1)
    await pass(2_000)
    expect(receiver.received.length).toBe(2)
  })

  it('for three days is given up, visibly, and told again when somebody asks for it', async () => {
    let up = false
    await using receiver = await httpReceiver(() => (up ? 204 : 503))
    start({ ops: receiver.port }, ONE_BY_ONE)
    write(['a', 'b', 'c'])
    await pass(71 * 60 * MINUTE)
    expect(store.sinkSummaries()).toMatchObject([{ pending: 3, dead: 0 }])
    await pass(2 * 60 * MINUTE)
    expect(store.sinkSummaries()).toMatchObject([{ pending: 0, dead: 3, error: 'HTTP 503' }])
    expect(said.at(-1)).toMatch(/gave up on \d for ops/)
    up = true
    await pass(60 * MINUTE)
    const before = receiver.received.length
    const [last] = store.notifications({ state: 'dead' }).items
    expect(store.retryNotification(last?.id ?? 0, 'cli', clock.now())).toBe(true)
    dispatcher?.again('ops')
    await pass(0)
    expect(receiver.received.slice(before).map(subjectOf)).toEqual(['c'])
    expect(store.sinkSummaries()).toMatchObject([{ delivered: 1, dead: 2 }])
  })
})

it('what a receiver refuses for good is dead at once, and the next goes on', async () => {
  await using receiver = await httpReceiver((n) => (n === 1 ? 422 : 204))
  start({ ops: receiver.port })
  write(['a', 'b'])
  await pass(0)
  expect(receiver.received.map(subjectOf)).toEqual(['a', 'b'])
  expect(store.notifications({ state: 'dead' }).items).toMatchObject([
    { incident: 'a', attempts: 1, error: 'HTTP 422' },
  ])
})

it('an hour of an expired token loses nothing and needs nobody', async () => {
  let status = 401
  await using receiver = await httpReceiver(() => status)
  start({ ops: receiver.port }, ONE_BY_ONE)
  write(thirty)
  await pass(60 * MINUTE)
  expect(store.sinkSummaries()).toMatchObject([{ pending: 30, dead: 0, failing: { error: 'HTTP 401' } }])
  status = 204
  await pass(15 * MINUTE)
  expect(store.sinkSummaries()).toMatchObject([{ pending: 0, delivered: 30, dead: 0 }])
})

it('all that is dead of a sink is sent again when somebody asks, and no other sink is hurried', async () => {
  let status = 422
  await using receiver = await httpReceiver(() => status)
  await using broken = await httpReceiver(() => 503)
  start({ broken: broken.port, ops: receiver.port }, ONE_BY_ONE)
  write(['x'], 'broken')
  write(thirty)
  await pass(30 * MINUTE)
  expect(store.sinkSummaries()).toMatchObject([{ sink: 'broken' }, { sink: 'ops', dead: 30 }])
  status = 204
  const before = { ops: receiver.received.length, broken: broken.received.length }
  expect(store.retrySink('ops', 'cli:ann', clock.now())).toBe(30)
  expect(store.retrySink('ops', 'cli:ann', clock.now())).toBe(0)
  dispatcher?.again('ops')
  await pass(0)
  expect(receiver.received.slice(before.ops).map(subjectOf)).toEqual(thirty)
  expect(broken.received.length).toBe(before.broken)
  expect(store.auditTrail()).toMatchObject([
    { actor: 'cli:ann', action: 'notification.retry', detail: { sink: 'ops', notifications: 30 } },
  ])
})

it('one receiver of a mail that is refused for now gets it later, nobody gets it twice, nothing waits for it', async () => {
  let full = true
  await using server = await smtpReceiver({
    answer: (line) => (full && line.startsWith('RCPT TO:<night') ? '452 4.2.2 mailbox full' : undefined),
  })
  const to = ['soc@example.org', 'night@example.org']
  const mail = { type: 'smtp', name: 'ops', host: '127.0.0.1', port: server.port, tls: 'none' }
  startSinks([{ ...mail, from: 'tallyman@example.org', to, ...ONE_BY_ONE }])
  write(['a', 'b'])
  await pass(0)
  expect(server.received.map((each) => each.to)).toEqual([['soc@example.org'], ['soc@example.org']])
  await stop()
  startSinks([{ ...mail, from: 'tallyman@example.org', to, ...ONE_BY_ONE }])
  await pass(60 * MINUTE)
  expect(server.received.length).toBe(2)
  expect(store.sinkSummaries()).toMatchObject([
    { pending: 2, failing: { error: expect.stringContaining('full') } },
  ])
  full = false
  write(['c'])
  await pass(15 * MINUTE)
  expect(server.received.slice(2).map((each) => each.to)).toEqual([
    to,
    ['night@example.org'],
    ['night@example.org'],
  ])
  expect(store.sinkSummaries()).toMatchObject([{ pending: 0, delivered: 3, dead: 0 }])
})

it('one message that a receiver chokes on does not hold up the others for good', async () => {
  await using receiver = await httpReceiver((_n, request) => (subjectOf(request) === 'poison' ? 500 : 204))
  start({ ops: receiver.port }, ONE_BY_ONE)
  write(['poison', 'b', 'c'])
  await pass(60 * MINUTE)
  expect(unique(receiver.received.map(subjectOf))).toEqual(['poison', 'b', 'c'])
  expect(store.sinkSummaries()).toMatchObject([{ pending: 1, delivered: 2 }])
})

describe('a flood', () => {
  it('of five thousand becomes one digest that stands for all of them', async () => {
    await using receiver = await httpReceiver()
    start({ ops: receiver.port })
    write(Array.from({ length: 5_000 }, (_, n) => `incident-${n}`))
    await pass(10 * MINUTE)
    expect(typesOf(receiver)).toEqual(['digest'])
    const digest = JSON.parse(receiver.received[0]?.body ?? '') as {
      data: { count: number; levels: unknown }
    }
    expect(digest.data).toMatchObject({ count: 5_000, levels: { high: 5_000 } })
    expect(store.sinkSummaries()).toMatchObject([{ pending: 0, delivered: 5_001 }])
  })

  it('that trickles is at most ten messages and a digest a minute, and nothing is lost', async () => {
    await using receiver = await httpReceiver()
    start({ ops: receiver.port })
    for (let n = 0; n < 600; n += 1) {
      write([`incident-${n}`])
      await pass(1_000)
    }
    await pass(3 * MINUTE)
    const digests = typesOf(receiver).filter((type) => type === 'digest').length
    expect(receiver.received.length).toBeLessThanOrEqual(11 * 13)
    expect(digests).toBeGreaterThan(5)
    expect(store.sinkSummaries()).toMatchObject([{ pending: 0, delivered: 600 + digests, dead: 0 }])
  })

  it('while the sink is down is one digest afterwards', async () => {
    let up = false
    await using receiver = await httpReceiver(() => (up ? 204 : 500))
    start({ ops: receiver.port })
    for (let minute = 0; minute < 10; minute += 1) {
      write(Array.from({ length: 500 }, (_, n) => `incident-${minute}-${n}`))
      await pass(MINUTE)
    }
    up = true
    const before = receiver.received.length
    await pass(10 * MINUTE)
    expect(typesOf(receiver).slice(before)).toEqual(['digest', 'digest'])
    expect(unique(receiver.received.map(keyOf)).length).toBe(2)
    expect(store.sinkSummaries()).toMatchObject([{ pending: 0, delivered: 5_002 }])
  })
})

it('what was sent and not marked is sent again with the same key', async () => {
  await using receiver = await httpReceiver()
  const killed = {
    ...store,
    delivered: () => {
      throw new Error('killed here')
    },
  }
  start({ ops: receiver.port }, {}, killed)
  write(['a'])
  await pass(0)
  await stop()
  start({ ops: receiver.port })
  await pass(0)
  expect(receiver.received.map(subjectOf)).toEqual(['a', 'a'])
  expect(unique(receiver.received.map(keyOf)).length).toBe(1)
  expect(store.sinkSummaries()).toMatchObject([{ pending: 0, delivered: 1 }])
})

it('what is for a sink that is no longer configured is dead, and told', async () => {
  write(['a'], 'old')
  await using receiver = await httpReceiver()
  start({ ops: receiver.port })
  await pass(0)
  expect(store.notifications({ state: 'dead' }).items).toMatchObject([{ sink: 'old' }])
  expect(said[0]).toContain('not configured')
})
