import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { aCommit } from '../../test/builders.ts'
import { aNotice, anEntry } from '../../test/notices.ts'
import { openStore } from './sqlite.ts'
import type { OutboxEntry } from '../domain/notice.ts'
import type { Commit, Store } from './store.ts'

const T = Date.UTC(2026, 10, 20, 10)
let folder: string
let store: Store
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-outbox-'))
  store = openStore(join(folder, 'store.db'), { durable: true })
})
afterEach(() => {
  store.close()
  rmSync(folder, { recursive: true })
})

function commit(outbox: Commit['outbox'] & {}, parts: Partial<Commit> = {}): void {
  store.commit(aCommit({ outbox, ...parts }))
}

const state = (sink = 'ops', now = T) => store.outboxState(sink, { now, within: 60_000, atMost: 1_000 })
const head = (): number => state('ops', T + 10).head?.id ?? -1

describe('an entry of the outbox', () => {
  it('is written once for each sink and level, be it delivered and forgotten by then', () => {
    commit([anEntry({ subject: 'i', rank: 3 })])
    commit([anEntry({ subject: 'i', rank: 3 }), anEntry({ subject: 'i', rank: 2 })])
    expect(store.notifications().items.length).toBe(1)
    store.delivered(head(), T)
    store.forgetDelivered(T + 1)
    commit([anEntry({ subject: 'i', rank: 3 })])
    expect(store.notifications().items).toEqual([])
    commit([anEntry({ subject: 'i', rank: 4 }), anEntry({ subject: 'i', rank: 3, sink: 'mail' })])
    expect(store.notifications().items.map(({ sink }) => sink)).toEqual(['mail', 'ops'])
  })

  it('is there exactly if what caused it is', () => {
    const broken = { id: 'f', kind: 'bound-reached', about: 'x', since: 0, until: 0 } as const
    expect(() =>
      commit([anEntry()], { findings: [{ ...broken, message: undefined as unknown as string }] }),
    ).toThrow()
    expect(store.notifications().items).toEqual([])
    commit([anEntry()])
    expect(store.notifications().items.length).toBe(1)
  })
})

describe('a digest', () => {
  it('stands for all that wait, and they share its fate', () => {
    commit(
      Array.from({ length: 30 }, (_, n) =>
        anEntry({ subject: `i${n}`, notice: aNotice({ level: n === 7 ? 'critical' : 'high' }) }),
      ),
    )
    store.gather('ops', T + 1)
    const digest = store.notification(head())
    if (digest?.notice.kind !== 'digest') throw new Error('no digest')
    expect(digest.notice).toMatchObject({
      count: 30,
      levels: { critical: 1, high: 29 },
      strategies: [{ id: 'a-strategy', count: 30 }],
    })
    expect(digest.notice.incidents.length).toBe(10)
    expect(digest.notice.incidents[0]?.level).toBe('critical')
    commit([anEntry({ subject: 'later' })])
    expect(state('ops', T + 10)).toMatchObject({ waiting: 1, head: { id: digest.id } })
    store.died(digest.id, T, 'no')
    expect(store.sinkSummaries()).toMatchObject([{ sink: 'ops', pending: 1, dead: 31, error: 'no' }])
    const covered = store.notifications({ state: 'dead' }).items.at(-1)
    expect(store.retryNotification(covered?.id ?? 0, 'cli', T + 5)).toBe(true)
    store.delivered(digest.id, T + 6)
    expect(store.sinkSummaries()).toMatchObject([{ pending: 1, dead: 0, delivered: 31 }])
    expect(state('ops', T + 7)).toMatchObject({ told: 0, lastDigest: T + 1 })
  })
})

describe('a dead one', () => {
  it('stays until it is retried or dismissed, which is audited', () => {
    commit([anEntry({ subject: 'a' }), anEntry({ subject: 'b' })])
    const [b, a] = store.notifications().items
    expect(store.retryNotification(a?.id ?? 0, 'cli', T)).toBe(false)
    for (const each of [a, b]) store.died(each?.id ?? 0, T, 'gone')
    store.forgetDelivered(T + 1e12)
    expect(store.notifications({ state: 'dead' }).items.length).toBe(2)
    expect(store.retryNotification(a?.id ?? 0, 'cli:ann', T + 1)).toBe(true)
    expect(store.dismissNotification(b?.id ?? 0, 'console', T + 2)).toBe(true)
    expect(store.dismissNotification(b?.id ?? 0, 'console', T + 2)).toBe(false)
    expect(store.notifications().items.map(({ id, state }) => [id, state])).toEqual([[a?.id, 'pending']])
    expect(store.auditTrail().map(({ actor, action }) => [actor, action])).toEqual([
      ['console', 'notification.dismiss'],
      ['cli:ann', 'notification.retry'],
    ])
  })

  it('comes of age, and of a sink that is no longer there', () => {
    commit([anEntry({ subject: 'a' }), anEntry({ subject: 'a', sink: 'old' })])
    expect(store.expire('ops', T, T, 'too old')).toBe(0)
    expect(store.expire('ops', T + 1, T, 'too old')).toBe(1)
    expect(store.abandon(['ops'], T, 'no such sink')).toBe(1)
    expect(store.notifications({ state: 'dead' }).items.map(({ error }) => error)).toEqual([
      'no such sink',
      'too old',
    ])
  })
})

it('lists page by page, newest first, by state and sink', () => {
  commit(Array.from({ length: 5 }, (_, n) => anEntry({ subject: `i${n}` })))
  const first = store.notifications({ limit: 2, sink: 'ops', state: 'pending' })
  const second = store.notifications({ limit: 2, ...(first.next === undefined ? {} : { after: first.next }) })
  expect([...first.items, ...second.items].map(({ id }) => id)).toEqual([5, 4, 3, 2])
  expect(store.notifications({ state: 'dead' }).items).toEqual([])
})

it('what was delivered is bounded in number, and no call changes more than 5,000', () => {
  commit(Array.from({ length: 16_000 }, (_, n) => anEntry({ subject: `i${n}` })))
  for (const [n, count] of [5_000, 5_000, 5_000, 1_000].entries()) {
    store.gather('ops', T)
    const { notice, id } = store.notifications({ limit: 1 }).items[0] ?? {}
    expect([notice?.kind, notice?.kind === 'digest' && notice.count]).toEqual(['digest', count])
    store.delivered(id ?? 0, T)
    expect(store.sinkSummaries()).toMatchObject([{ delivered: Math.min(16_000, (n + 1) * 5_000) + n + 1 }])
  }
  expect(store.forgetDelivered(0)).toBe(true)
  expect(store.forgetDelivered(0)).toBe(false)
  expect(store.sinkSummaries()).toMatchObject([{ delivered: 10_000 }])
})

it('no call gives up, hurries or sends again more than 5,000, and only what is asked for', () => {
  const entries = (sink: string): OutboxEntry[] =>
    Array.from({ length: 6_000 }, (_, n) => anEntry({ sink, subject: `i${n}` }))
  commit([...entries('ops'), ...entries('mail')])
  const pending = (sink: string): number =>
    store.sinkSummaries().find((each) => each.sink === sink)?.pending ?? -1
  expect(store.abandon(['mail'], T, 'gone')).toBe(5_000)
  expect([pending('ops'), pending('mail')]).toEqual([1_000, 6_000])
  expect(store.abandon(['mail'], T, 'gone')).toBe(1_000)
  expect(store.abandon(['mail'], T, 'gone')).toBe(0)
  expect(store.retrySink('ops', 'cli', T)).toBe(5_000)
  expect(store.retrySink('ops', 'cli', T)).toBe(1_000)
  for (const { id } of store.notifications({ limit: 500, sink: 'ops' }).items)
    store.postponed(id, T + 9, 'no')
  for (const { id } of store.notifications({ limit: 1, sink: 'mail' }).items) store.postponed(id, T + 9, 'no')
  const waiting = (sink: string): number =>
    store.notifications({ limit: 500, sink }).items.filter(({ next }) => next === T + 9).length
  store.hurry('ops', T)
  expect([waiting('ops'), waiting('mail')]).toEqual([0, 1])
})

it('what reached some of its receivers waits behind what reached none, and stands in no digest', () => {
  commit([anEntry({ subject: 'a' }), anEntry({ subject: 'b' }), anEntry({ subject: 'c' })])
  const first = head()
  store.postponed(first, T, 'not for all', ['night@example.org'])
  expect(head()).not.toBe(first)
  expect(state('ops', T + 10).waiting).toBe(2)
  store.gather('ops', T)
  expect(store.notification(head())?.notice).toMatchObject({ kind: 'digest', count: 2 })
  store.delivered(head(), T)
  expect(state('ops', T + 10).head).toMatchObject({ id: first, receivers: ['night@example.org'] })
  store.postponed(first, T, 'no answer')
  expect(store.notification(first)?.receivers).toEqual(['night@example.org'])
})
