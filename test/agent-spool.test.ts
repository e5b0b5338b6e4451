import { randomBytes } from 'node:crypto'
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { deliver } from '../src/agent/deliver.ts'
import { daemonAt } from '../src/agent/post.ts'
import { createSignals } from '../src/agent/signals.ts'
import { systemClock } from '../src/daemon/clock.ts'
import { entriesOf } from '../src/inputs/agent-entry.ts'
import { addAgent } from '../src/inputs/agent-registry.ts'
import { openSpool } from '../src/store/sqlite-spool.ts'
import type { Spool } from '../src/store/spool.ts'
import { startHub, type Hub } from './agents-input.ts'
import { eventually } from './daemon.ts'

let folder = ''
let hub: Hub
let token = ''
let spool: Spool
/** Bytes that its one file has. */
let length = 0
let said: string[] = []

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-deliver-'))
  token = addAgent(join(folder, 'agents.json'), 'web-1', {}, Date.now()).token
  hub = await startHub(folder)
  spool = open()
  length = 0
  said = []
})
afterEach(async () => {
  spool.close()
  await hub.stop()
  rmSync(folder, { recursive: true, force: true })
})

function open(): Spool {
  return openSpool({ file: join(folder, 'spool.db'), bound: 64 * 1024 * 1024, keepFree: 0 })
}

const ENDS = ['', '-wal', '-shm']

/** What its disk, or the daemon's, is at this time. */
function snapshot(file: string, name: string): void {
  for (const end of ENDS) {
    const from = join(folder, `${file}${end}`)
    if (existsSync(from)) copyFileSync(from, join(folder, `${name}${end}`))
  }
}

function putBack(name: string, file: string): void {
  for (const end of ENDS) {
    const [from, to] = [join(folder, `${name}${end}`), join(folder, `${file}${end}`)]
    rmSync(to, { force: true })
    if (existsSync(from)) copyFileSync(from, to)
  }
}

/** Its disk as it was. `at` is how much of the file was read by then. */
function restore(name: string, at: number): void {
  spool.close()
  putBack(name, 'spool.db')
  spool = open()
  length = at
}

/** An input reads so many records, and what it read is kept. */
function read(...names: readonly string[]): void {
  for (const name of names) {
    const time = '2026-11-20T10:00:00.000000000Z'
    const text = `${JSON.stringify({ time, rule: 'Shell', priority: 'Notice', output: name, source: 'syscall', output_fields: { 'container.id': 'c'.repeat(12) } })}\n`
    const chunk = { stream: 'file:a', offset: length, bytes: Buffer.from(text) }
    length += text.length
    const at = Date.now()
    const entries = entriesOf(
      { name: 'logs', type: 'file' },
      { chunks: [chunk], findings: [], unreadable: [] },
      { at, since: at },
    )
    spool.append({ input: 'logs', entries, offsets: new Map([['file:a', length]]), at })
  }
}

/** Runs the agent's sender until all is acknowledged. */
async function send(): Promise<void> {
  const daemon = daemonAt({ to: hub.url, token, plain: false })
  const [kept, acknowledged] = [createSignals(), createSignals()]
  const stop = new AbortController()
  const delivering = deliver(
    {
      spool,
      daemon,
      now: Date.now,
      inputs: () => [{ name: 'logs', type: 'file' }],
      full: () => undefined,
      acknowledged: acknowledged.give,
      more: kept.next,
      wait: (ms, signal) => systemClock.wait(Math.min(ms, 20), signal),
      random: Math.random,
      say: (line) => said.push(line),
    },
    stop.signal,
  )
  await eventually(() => {
    const { acknowledged: done, last } = spool.state()
    return done === last ? true : undefined
  })
  stop.abort()
  await delivering
  daemon.close()
}

const told = (): readonly string[] =>
  hub.store
    .findings(100)
    .filter(({ kind }) => kind === 'unobserved-interval')
    .map(({ message }) => message)

describe('a spool', () => {
  it('goes on where it was when it had not heard that all was taken', async () => {
    read('a', 'b')
    snapshot('spool.db', 'old')
    await send()
    restore('old', length)
    read('c')
    await send()
    expect(hub.store.totals()).toMatchObject({ records: 3, duplicates: 0 })
    expect(told()).toEqual([])
  })

  it('that went back in time loses nothing, and it is told', async () => {
    read('a')
    await send()
    snapshot('spool.db', 'old')
    const at = length
    read('b', 'c')
    await send()
    restore('old', at)
    // fewer than were taken, and others, at the same numbers and offsets
    read('x')
    await send()
    expect(hub.store.totals()).toMatchObject({ records: 4, evaluated: 4 })
    expect(told()).toEqual([expect.stringContaining('went back in time')])
    expect(said.join()).toContain('older copy of this disk')
    read('y')
    await send()
    expect(hub.store.totals()).toMatchObject({ records: 5 })
    expect(told()).toHaveLength(1)
  })

  it('that went back in time and read on beyond it loses nothing either', async () => {
    read('a')
    await send()
    snapshot('spool.db', 'old')
    const at = length
    read('b', 'c')
    await send()
    restore('old', at)
    read('x', 'y', 'z')
    await send()
    expect(hub.store.totals()).toMatchObject({ records: 6, evaluated: 6 })
    expect(told()).toEqual([expect.stringContaining('holds something else')])
  })

  it('that is gone is told', async () => {
    read('a')
    await send()
    spool.close()
    for (const end of ENDS) rmSync(join(folder, `spool.db${end}`), { force: true })
    spool = open()
    length = 0
    read('a', 'b')
    await send()
    expect(told()).toEqual([expect.stringContaining('began a new spool')])
    expect(hub.store.totals()).toMatchObject({ records: 3 })
  })

  it('goes on behind what the daemon never takes, which is told as lost', async () => {
    read('a')
    const lines = Array.from({ length: 3 }, () => `${randomBytes(1024 * 1024).toString('base64')}\n`)
    const chunk = { stream: 'body:x', offset: 0, bytes: Buffer.from(lines.join('')), whole: true } as const
    const at = Date.now()
    const entries = entriesOf(
      { name: 'hook', type: 'http' },
      { chunks: [chunk], findings: [], unreadable: [] },
      { at, since: at },
    )
    expect(entries).toHaveLength(1)
    spool.append({ input: 'hook', entries, offsets: new Map(), at })
    read('b', 'c')
    await send()
    const reason = 'agent: larger than the daemon takes at once'
    expect(hub.store.totals()).toMatchObject({ records: 6, evaluated: 3, failures: { [reason]: 3 } })
    expect(told()).toEqual([expect.stringMatching(/^3 records were lost on web-1: .*raise limits/)])
    expect(hub.input.agents?.()).toMatchObject([{ name: 'web-1', lost: 3 }])
    expect(said).toContainEqual(expect.stringContaining('told as lost'))
    // what is read afterwards goes on there, over a restart of the agent too
    spool.close()
    spool = open()
    read('d')
    await send()
    expect(hub.store.totals()).toMatchObject({ evaluated: 4 })
  })

  it('is told of where the daemon went back in time', async () => {
    read('a')
    await send()
    await hub.stop()
    snapshot('store.db', 'store-old')
    hub = await startHub(folder)
    read('b')
    await send()
    await hub.stop()
    putBack('store-old', 'store.db')
    hub = await startHub(folder)
    read('c')
    await send()
    expect(hub.store.totals()).toMatchObject({ records: 2 })
    expect(told()).toEqual([expect.stringContaining('does not hold')])
  })
})
