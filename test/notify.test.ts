import { once } from 'node:events'
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { main } from '../src/cli/main.ts'
import { podCreated } from './audit.ts'
import { eventually, startDaemon, type Daemon } from './daemon.ts'
import { httpReceiver, type Received } from './receivers.ts'

/** One rule of its own: loading and proving the shipped documents is not what is tried here. */
const RULE = `
title: A pod was created
id: 6e0c54f4-6a2f-4a52-9f0b-6f5b3a5f5a55
level: high
logsource: { product: kubernetes, service: audit }
detection:
  selection: { verb: create, objectRef.resource: pods }
  condition: selection
`
const T = 1_795_200_000_000
let folder: string
let log: string
let data: string
let written: number
let daemon: Daemon | undefined
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-notify-'))
  log = join(folder, 'audit.log')
  data = join(folder, 'data')
  written = 0
  writeFileSync(log, '')
  mkdirSync(join(folder, 'none'))
  mkdirSync(join(folder, 'rules'))
  writeFileSync(join(folder, 'rules', 'pods.yml'), RULE)
})
afterEach(async () => {
  await daemon?.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

interface Summary {
  readonly sink: string
  readonly pending: number
  readonly delivered: number
  readonly dead: number
}

function start(
  ports: Readonly<Record<string, number>>,
  { digest = '{ over: 1000 }', follow = true }: { readonly digest?: string; readonly follow?: boolean } = {},
): Daemon {
  const config = join(folder, 'tallyman.yaml')
  const sinks = Object.entries(ports).map(
    ([name, port]) =>
      `  - { type: webhook, name: ${name}, url: 'http://127.0.0.1:${port}/', level: medium, digest: ${digest} }\n`,
  )
  writeFileSync(
    config,
    `strategies: ./none\nrules: [./rules]\ninputs:\n  - { type: file, name: audit, paths: [${log}], follow: ${follow} }\nnotify:\n${sinks.join('')}`,
  )
  daemon = startDaemon(data, config)
  return daemon
}

/** As many incidents: each pod is an entity of its own. */
function happen(times: number): void {
  const lines = Array.from({ length: times }, () => {
    written += 1
    const name = `pod-${written}`
    return `${podCreated({ name, auditID: name, time: T + written, privileged: true })}\n`
  })
  appendFileSync(log, lines.join(''))
}

/** What a daemon answers that may be busy with its start: it cuts off who waits for longer than a few seconds. */
async function asked(of: Daemon, path: string): Promise<unknown> {
  // the token of the one before it is there until it has started
  await of.url()
  const answer = await of.ask(path).catch((cause: Error) => {
    if (cause.message === 'fetch failed') return undefined
    throw cause
  })
  return answer?.body
}

async function summary(of: Daemon, sink: string): Promise<Summary | undefined> {
  const answer = await asked(of, '/api/notifications/summary')
  return (answer as { readonly items: readonly Summary[] } | undefined)?.items.find(
    (each) => each.sink === sink,
  )
}

const keyOf = ({ headers }: Received): string => String(headers['idempotency-key'])
const podOf = ({ body }: Received): string =>
  (JSON.parse(body) as { data: { entity: Record<string, string> } }).data.entity['k8s.pod.name'] ?? ''

it(
  'every key arrives through kills, and again only under the key that it had',
  { timeout: 180_000 },
  async () => {
    let slow = true
    await using receiver = await httpReceiver((n, _request, response) => {
      if (n % 5 === 0) return 500
      // answers late, so that a kill comes between what the receiver took and what the sender knows of it
      if (slow) void sleep(100).then(() => response.writeHead(204).end())
      return slow ? undefined : 204
    })
    for (let kill = 0; kill < 3; kill += 1) {
      const before = receiver.received.length
      const running = start({ ops: receiver.port })
      happen(4)
      await eventually(
        () => (receiver.received.length > before + kill ? true : undefined),
        60_000,
        'a message',
      )
      await running.kill('SIGKILL')
    }
    slow = false
    const last = start({ ops: receiver.port })
    const told = await eventually(
      async () => {
        const current = await summary(last, 'ops')
        return current?.delivered === written ? current : undefined
      },
      90_000,
      'the delivery of all',
    )
    expect(told).toMatchObject({ pending: 0, dead: 0 })
    const podsByKey = new Map<string, Set<string>>()
    for (const request of receiver.received)
      podsByKey.set(keyOf(request), (podsByKey.get(keyOf(request)) ?? new Set()).add(podOf(request)))
    expect([...podsByKey.values()].every((pods) => pods.size === 1)).toBe(true)
    expect([...podsByKey.values()].flatMap((pods) => [...pods]).toSorted()).toEqual(
      Array.from({ length: written }, (_, n) => `pod-${n + 1}`).toSorted(),
    )
  },
)

it('alerts do not wait for a sink that hangs, nor does another sink', { timeout: 120_000 }, async () => {
  await using hanging = await httpReceiver(() => undefined)
  await using fine = await httpReceiver()
  const running = start({ hanging: hanging.port, fine: fine.port })
  await running.url()
  happen(1)
  await eventually(() => (hanging.received.length > 0 ? true : undefined), 60_000, 'the attempt that hangs')
  happen(200)
  const alerts = await eventually(
    async () => {
      const totals = (await asked(running, '/api/totals')) as { alerts: number } | undefined
      return (totals?.alerts ?? 0) >= 201 ? totals?.alerts : undefined
    },
    60_000,
    'the alerts',
  )
  expect(alerts).toBeGreaterThanOrEqual(201)
  // the first attempt is still under way: alerts were there before it could end
  expect(hanging.received.length).toBe(1)
  expect(await summary(running, 'hanging')).toMatchObject({ pending: 201, delivered: 0 })
  await eventually(() => (fine.received.length === 201 ? true : undefined), 60_000, 'the other sink')
  expect(hanging.received.length).toBe(1)
  expect(await running.kill('SIGTERM')).toBe(0)
})

it('what is refused for good is shown, retried and dismissed', { timeout: 120_000 }, async () => {
  let status = 410
  await using receiver = await httpReceiver(() => status)
  const running = start({ ops: receiver.port })
  happen(2)
  await eventually(
    async () => ((await summary(running, 'ops'))?.dead === 2 ? true : undefined),
    60_000,
    'the dead',
  )
  const { body } = await running.ask('/api/notifications?state=dead')
  const [newest, oldest] = (body as { items: { id: string; error: string; incident: string }[] }).items
  expect(newest).toMatchObject({ sink: 'ops', state: 'dead', attempts: 1, error: 'HTTP 410' })
  expect((await running.ask(`/api/incidents/${newest?.incident}`)).status).toBe(200)
  status = 204
  expect((await running.ask(`/api/notifications/${oldest?.id}/retry`, {})).status).toBe(200)
  expect((await running.ask(`/api/notifications/${newest?.id}/dismiss`, {})).status).toBe(200)
  expect((await running.ask(`/api/notifications/${newest?.id}/retry`, {})).status).toBe(404)
  await eventually(
    async () => ((await summary(running, 'ops'))?.delivered === 1 ? true : undefined),
    60_000,
    'the one that was retried',
  )
  expect((await running.ask(`/api/notifications/${oldest?.id}/retry`, {})).status).toBe(422)
  const trail = (await running.ask('/api/audit')).body as { items: { action: string }[] }
  expect(trail.items.map(({ action }) => action)).toEqual(['notification.dismiss', 'notification.retry'])
})

it('a flood becomes a digest', { timeout: 120_000 }, async () => {
  await using receiver = await httpReceiver()
  happen(1_000)
  const running = start({ ops: receiver.port }, { digest: '{ over: 10, within: 5s }' })
  await eventually(
    async () => {
      const current = await summary(running, 'ops')
      return current !== undefined && current.pending === 0 && current.delivered > 1_000 ? true : undefined
    },
    100_000,
    'all of it',
  )
  const bodies = receiver.received.map(
    ({ body }) => JSON.parse(body) as { type: string; data: { count?: number } },
  )
  const digests = bodies.filter(({ type }) => type === 'digest')
  const single = bodies.length - digests.length
  expect(single).toBeLessThanOrEqual(20)
  expect(digests.reduce((sum, { data }) => sum + (data.count ?? 0), single)).toBe(1_000)
})

it('a daemon whose inputs have ended tells what there is before it ends', { timeout: 120_000 }, async () => {
  await using receiver = await httpReceiver()
  happen(20)
  const running = start({ ops: receiver.port }, { follow: false })
  await once(running.process, 'exit')
  expect(running.process.exitCode).toBe(0)
  expect(receiver.received.map(podOf).toSorted()).toEqual(
    Array.from({ length: 20 }, (_, n) => `pod-${n + 1}`).toSorted(),
  )
})

it('the command line tests a sink, lists and retries', { timeout: 120_000 }, async () => {
  let status = 422
  await using receiver = await httpReceiver(() => status)
  const running = start({ ops: receiver.port })
  happen(3)
  await eventually(
    async () => ((await summary(running, 'ops'))?.dead === 3 ? true : undefined),
    60_000,
    'the dead',
  )
  expect(await tallyman('test', 'ops')).toEqual({ exit: 1, out: '', err: 'ops: refused: HTTP 422\n' })
  expect((await tallyman('test', 'nobody')).exit).toBe(2)
  const listed = await tallyman('list', '--state', 'dead', '--limit', '1')
  expect(JSON.parse(listed.out)).toMatchObject({ id: '3', sink: 'ops', kind: 'incident', error: 'HTTP 422' })
  expect(listed.err).toContain('ops: 0 pending, 0 delivered, 3 dead\n')
  const limits = (await tallyman('doctor')).out
  expect(limits).toContain('"about":"ops","message":"3 notifications were given up"')
  status = 200
  expect(await tallyman('test', 'ops')).toMatchObject({ exit: 0, err: 'ops: done: HTTP 200\n' })
  expect((await tallyman('retry', '1')).exit).toBe(0)
  await eventually(
    async () => ((await summary(running, 'ops'))?.delivered === 1 ? true : undefined),
    60_000,
    'it',
  )
  expect((await tallyman('retry')).exit).toBe(2)
  expect((await tallyman('retry', '2', '--sink', 'ops')).exit).toBe(2)
  expect(await tallyman('retry', '--sink', 'ops')).toMatchObject({
    exit: 0,
    err: '2 notifications of ops sent again\n',
  })
  await eventually(
    async () => ((await summary(running, 'ops'))?.delivered === 3 ? true : undefined),
    60_000,
    'the others',
  )
  expect(await tallyman('retry', '--sink', 'ops')).toMatchObject({
    exit: 2,
    err: expect.stringContaining('no dead notifications of a sink ops'),
  })
  await running.kill('SIGKILL')
  expect(await tallyman('dismiss', '1')).toMatchObject({
    exit: 2,
    err: expect.stringContaining('is delivered, not dead'),
  })
})

/** `tallyman notify …`, or `doctor`, on the same configuration and data. */
async function tallyman(...words: readonly string[]): Promise<{ exit: number; out: string; err: string }> {
  let [out, err] = ['', '']
  const output = {
    out: (text: string): void => void (out += text),
    err: (text: string): void => void (err += text),
    terminal: false,
  }
  const where = ['--config', join(folder, 'tallyman.yaml'), '--data', data]
  return {
    exit: await main([...(words[0] === 'doctor' ? [] : ['notify']), ...words, ...where], output),
    out,
    err,
  }
}
