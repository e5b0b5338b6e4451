import { assert, integer, property, uniqueArray } from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ContainerLook, SeenContainer } from '../domain/container-look.ts'
import type { Event } from '../domain/event.ts'
import type { ViewRow } from '../domain/state.ts'
import { createViews, type Views } from './views.ts'

const SECOND = 1_000
const BOUND = 30 * SECOND
const BY = { input: 'sensor', source: 'sensor' } as const
const idOf = (name: string): string => Buffer.from(name.padEnd(32, '-')).toString('hex')

function look(parts: Partial<ContainerLook> & { readonly of?: readonly string[] }): ContainerLook {
  const { of = [], ...more } = parts
  const seen = of.map((name): SeenContainer => ({ key: idOf(name), named: true }))
  return {
    view: 'kernel',
    observer: 'sensor',
    host: 'node-1',
    time: 0,
    interval: 15 * SECOND,
    digest: of.join(),
    leftOut: 0,
    seen,
    ...more,
  }
}
const runtime = (time: number, of: readonly string[], observer = 'docker:d:1'): ContainerLook =>
  look({ view: 'runtime', observer, time, of })
const kernel = (time: number, of: readonly string[]): ContainerLook => look({ time, of })
const orchestrator = (time: number, seen: readonly SeenContainer[]): ContainerLook =>
  look({ view: 'orchestrator', observer: 'cluster', time, seen })

function views(stored: readonly ViewRow[] = []): Views {
  return createViews(stored, { bound: BOUND })
}
function told(of: Views, ...looks: readonly ContainerLook[]): readonly Event[] {
  return looks.flatMap((one) => of.look(one, BY))
}
const named = (events: readonly Event[]): readonly unknown[] =>
  events.map(({ resource, record }) => ({
    container: Buffer.from(String(resource['container.id']), 'hex').toString().replace(/-+$/, ''),
    ...(record as object),
  }))

describe('a container that the kernel sees and no engine knows', () => {
  it('is told once, when both have looked for longer than the bound', () => {
    const of = views()
    const before = told(
      of,
      kernel(0, ['a', 'h']),
      runtime(1, ['a']),
      kernel(20_000, ['a', 'h']),
      runtime(20_001, ['a']),
    )
    expect(before).toEqual([])
    const events = told(of, runtime(35_000, ['a']), kernel(35_001, ['a', 'h']), kernel(50_000, ['a', 'h']))
    expect(named(events)).toEqual([
      {
        container: 'h',
        'view.seen_by': ['kernel'],
        'view.missing_from': ['runtime'],
        'view.known_before': false,
        'view.seconds': 34,
      },
    ])
    expect(events[0]).toMatchObject({
      logsource: { category: 'container_view' },
      source: 'sensor',
      time: 35_000,
    })
    expect(told(of, runtime(90_000, ['a']), kernel(90_001, ['a', 'h']))).toEqual([])
  })

  it('is none where it merely starts or ends while they look', () => {
    const of = views()
    const looks = Array.from({ length: 40 }, (_, step) => {
      const time = step * 5_000
      // the kernel sees each some seconds longer than its engine does, and the other way round
      const running = step % 2 === 0 ? [`c${Math.floor(step / 4)}`] : []
      return [kernel(time, running), runtime(time + 2_500, step % 4 === 3 ? running : [])]
    }).flat()
    expect(told(of, ...looks)).toEqual([])
  })

  it('cannot be told while the engine does not answer, nor where none is watched', () => {
    const of = views()
    told(of, kernel(0, ['h']), runtime(1, []))
    expect(told(of, ...[1, 2, 3, 4, 5].map((step) => kernel(step * 15_000, ['h'])))).toEqual([])
    // it answers again after a break: what was missed begins there
    expect(told(of, runtime(90_000, []), kernel(91_000, ['h']))).toEqual([])
    expect(told(of, runtime(105_000, []), kernel(106_000, ['h']))).toEqual([])
    expect(told(of, runtime(125_000, []), kernel(126_000, ['h']))).toHaveLength(1)
    expect(told(views(), kernel(0, ['h']), kernel(15_000, ['h']), kernel(60_000, ['h']))).toEqual([])
  })

  it('is known where any engine of its machine knows it, and not where one of another does', () => {
    const of = views()
    const both = (time: number) => [
      runtime(time, []),
      runtime(time + 1, ['p'], 'docker:podman:2'),
      kernel(time + 2, ['p', 'q']),
    ]
    const elsewhere = (time: number) => ({ ...runtime(time, ['q'], 'docker:far:3'), host: 'node-2' })
    const events = [0, 15_000, 30_000, 45_000].flatMap((time) => told(of, ...both(time), elsewhere(time)))
    expect(named(events)).toMatchObject([{ container: 'q' }])
  })

  it('is told as removed where its engine knew it before', () => {
    const of = views()
    told(of, runtime(0, ['a']), kernel(1, ['a']), runtime(15_000, []), kernel(15_001, ['a']))
    expect(told(of, runtime(30_000, []), kernel(30_001, ['a']))).toEqual([])
    expect(named(told(of, runtime(45_000, []), kernel(45_001, ['a'])))).toMatchObject([
      { container: 'a', 'view.known_before': true, 'view.missing_from': ['runtime'] },
    ])
  })
})

it('tells that the kernel does not see what an engine runs', () => {
  const of = views()
  const events = [0, 15_000, 30_000, 45_000].flatMap((time) =>
    told(of, runtime(time, ['vm']), kernel(time + 1, [])),
  )
  expect(named(events)).toMatchObject([
    { container: 'vm', 'view.seen_by': ['runtime'], 'view.missing_from': ['kernel'] },
  ])
})

it('misses nothing in a list that has no end', () => {
  const of = views()
  const cut = (time: number): ContainerLook => ({ ...kernel(time, []), leftOut: 3 })
  expect([0, 15_000, 60_000].flatMap((time) => told(of, runtime(time, ['a']), cut(time + 1)))).toEqual([])
})

describe('an orchestrator', () => {
  const pod: SeenContainer = { key: idOf('app'), named: true, pods: ['uid-1', 'hash-1'] }
  const sandbox: SeenContainer = { key: idOf('pause'), named: true, pods: ['hash-1'] }

  it('knows a pod’s sandbox by the pod, and not what was started beside it', () => {
    const of = views()
    const round = (time: number) => [
      orchestrator(time, [pod]),
      look({ time: time + 1, seen: [pod, sandbox, { key: idOf('beside'), named: true }] }),
    ]
    expect(named([0, 15_000, 40_000].flatMap((time) => told(of, ...round(time))))).toMatchObject([
      { container: 'beside', 'view.seen_by': ['kernel'], 'view.missing_from': ['orchestrator'] },
    ])
  })

  it('does not know a static pod that its API never saw', () => {
    const of = views()
    const hidden: SeenContainer = {
      key: idOf('static'),
      named: true,
      pods: ['hash-2'],
      fields: { 'k8s.pod.uid': 'hash-2' },
    }
    const events = [0, 15_000, 40_000].flatMap((time) =>
      told(of, orchestrator(time, [pod]), look({ time: time + 1, seen: [pod, hidden] })),
    )
    expect(events.map(({ resource }) => resource)).toMatchObject([{ 'k8s.pod.uid': 'hash-2' }])
  })
})

describe('a list that is what the one before was', () => {
  it('counts as a look at the same containers', () => {
    const of = views()
    const same = (time: number): ContainerLook => ({ ...kernel(time, ['h']), seen: undefined })
    told(of, runtime(0, []), kernel(1, ['h']))
    expect(told(of, runtime(20_000, []), same(20_001), runtime(40_000, []), same(40_001))).toHaveLength(1)
  })

  it('proves nothing where the one before is not known', () => {
    const of = views()
    const other = (time: number): ContainerLook => ({ ...kernel(time, ['h']), seen: undefined, digest: 'x' })
    expect(told(of, runtime(0, []), other(1), runtime(40_000, []), other(40_001))).toEqual([])
  })
})

it('hears of containers in passing from other sensors, of which none proves that one is missing', () => {
  const of = views()
  const pass = (time: number): readonly Event[] =>
    of.pass(
      { source: 'tetragon', time, resource: { 'container.id': idOf('h'), 'host.name': 'node-1' } },
      'tetragon',
    )
  expect(pass(0)).toEqual([])
  told(of, runtime(1, ['quiet']))
  expect([2, 15_000, 30_000].flatMap(pass)).toEqual([])
  told(of, runtime(20_000, ['quiet']), runtime(40_000, ['quiet']))
  expect(named(pass(41_000))).toMatchObject([
    { container: 'h', 'view.seen_by': ['kernel'], 'view.missing_from': ['runtime'] },
  ])
  expect(told(of, runtime(55_000, ['quiet']), runtime(90_000, ['quiet']))).toEqual([])
})

it('tells the same over a restart after any look', () => {
  const looks = [0, 15_000, 30_000, 45_000, 60_000].flatMap((time) => [
    runtime(time, time < 20_000 ? ['a', 'r'] : ['a']),
    kernel(time + 1, ['a', 'r', 'h']),
  ])
  const whole = told(views(), ...looks)
  expect(whole).toHaveLength(2)
  assert(
    property(uniqueArray(integer({ min: 1, max: looks.length - 1 })), (cuts) => {
      const rows = new Map<string, ViewRow>()
      const seen = new Set<string>()
      let of = views()
      const events = looks.flatMap((one, index) => {
        if (cuts.includes(index)) of = views(JSON.parse(JSON.stringify([...rows.values()])) as ViewRow[])
        const found = of.look(one, BY)
        for (const row of of.changes()) rows.set(`${row.host} ${row.view} ${row.observer}`, row)
        return found.filter(({ once = '' }) => !seen.has(once) && seen.add(once))
      })
      expect(events).toEqual(whole)
    }),
  )
})

it('forgets what came by an input that is no more', () => {
  const of = views()
  told(of, kernel(0, ['h']), runtime(1, []))
  const again = createViews(of.changes(), { bound: BOUND, isInput: (name) => name !== 'sensor' })
  expect(again.forgotten()).toHaveLength(2)
  expect(told(again, runtime(40_000, []))).toEqual([])
})
