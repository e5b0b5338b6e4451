import { afterAll, beforeAll, describe, expect } from 'vitest'
import { dockerInput } from '../../src/inputs/docker.ts'
import { createDelivered, deliver, type Delivered } from '../delivered.ts'
import {
  missing,
  missingForPodman,
  realTest,
  startDocker,
  startPodman,
  type DockerEngine,
  type Engine,
} from './engine.ts'

interface Line {
  readonly Type?: string
  readonly Action?: string
  readonly Actor?: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> }
  readonly timeNano?: number
  readonly Id?: string
  readonly Name?: string
  readonly HostConfig?: { readonly Privileged: boolean }
  readonly 'x-tallyman'?: {
    readonly inventory?: boolean
    readonly gone?: string
    readonly engine: string
    readonly running?: boolean
    readonly volumes?: Readonly<Record<string, { Driver: string; Options: Record<string, string> | null }>>
    readonly realPaths?: Readonly<Record<string, string>>
    readonly image?: {
      readonly RepoTags: readonly string[]
      readonly RepoDigests: readonly string[]
      readonly Layers: readonly string[]
      readonly History: readonly string[]
    }
  }
}

const linesOf = (delivered: Delivered): Line[] =>
  [...delivered.streams.values()].flatMap((bytes) =>
    bytes
      .toString()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Line),
  )
const eventsOf = (delivered: Delivered): Line[] =>
  linesOf(delivered).filter(({ Action }) => Action !== undefined)
const inspected = (delivered: Delivered, name: string): Line[] =>
  linesOf(delivered).filter(({ Name }) => Name === `/${name}` || Name === name)
const hasEvent = (delivered: Delivered, action: string, name: string): boolean =>
  eventsOf(delivered).some(({ Action, Actor }) => Action === action && Actor?.Attributes['name'] === name)
const identities = (delivered: Delivered): string[] =>
  [...delivered.streams.values()].flatMap((bytes) =>
    bytes
      .toString()
      .split('\n')
      .filter((line) => line.includes('"timeNano"')),
  )

describe('a real Docker Engine', () => {
  let engine: DockerEngine
  const input = (): ReturnType<typeof dockerInput> =>
    dockerInput({ name: 'd', socket: engine.socket, now: Date.now })
  const docker = (...args: string[]): Promise<string> => engine.docker(...args)
  const create = (name: string, ...options: string[]): Promise<string> =>
    docker('create', '--name', name, ...options, 'test/busybox:1', 'sleep', '1000')
  /** A run up to the moment at which the inventory is complete. */
  const begin = (delivered: Delivered): Promise<void> =>
    deliver(
      input(),
      delivered,
      () => (delivered.resume.checkpoint as { inventoried?: boolean } | undefined)?.inventoried === true,
    )

  beforeAll(async () => {
    if (missing().length === 0) engine = await startDocker()
  })
  afterAll(async () => {
    await engine?.stop()
  })

  realTest('hands on what was there as inventory, and inspects what is created', async () => {
    await create('before')
    const delivered = createDelivered()
    await begin(delivered)
    expect(inspected(delivered, 'before')).toMatchObject([
      { 'x-tallyman': { inventory: true, engine: 'docker' } },
    ])
    const made = Date.now()
    await Promise.all([
      deliver(input(), delivered, () => inspected(delivered, 'after').length > 0),
      docker('volume', 'create', '-o', 'type=none', '-o', 'o=bind', '-o', 'device=/etc', 'disguised').then(
        () => create('after', '--privileged', '-v', 'disguised:/mnt', '-v', '/var/run:/host-run'),
      ),
    ])
    expect(Date.now() - made).toBeLessThan(5_000)
    const [after] = inspected(delivered, 'after')
    expect(after).toMatchObject({
      HostConfig: { Privileged: true },
      'x-tallyman': { inventory: false, realPaths: { '/var/run': '/run' } },
    })
    expect(after?.['x-tallyman']?.volumes?.['disguised']).toMatchObject({
      Driver: 'local',
      Options: { device: '/etc' },
    })
    const order = linesOf(delivered).map(({ Action, Name }) => Action ?? Name)
    expect(order.indexOf('create', order.indexOf('/before'))).toBeLessThan(order.indexOf('/after'))
    await docker('rm', '-f', 'before', 'after')
  })

  realTest('says of a container what its image is, and by which names it goes by then', async () => {
    const delivered = createDelivered()
    await begin(delivered)
    await docker('run', '--name', 'changed', 'test/busybox:1', 'sh', '-c', 'echo x > /planted')
    await docker('commit', 'changed', 'shop/web:1')
    await Promise.all([
      deliver(input(), delivered, () => inspected(delivered, 'second').length > 0),
      docker('create', '--name', 'first', 'shop/web:1', 'true')
        .then(() => docker('tag', 'shop/web:1', 'nginx:alpine'))
        .then(() => docker('create', '--name', 'second', 'nginx:alpine', 'true')),
    ])
    const [first, second] = ['first', 'second'].map(
      (name) => inspected(delivered, name)[0]?.['x-tallyman']?.image,
    )
    expect(first).toMatchObject({
      RepoTags: ['shop/web:1'],
      RepoDigests: [],
      History: ['sh -c echo x > /planted', ''],
    })
    expect(first?.Layers).toHaveLength(2)
    expect(second?.RepoTags.toSorted()).toEqual(['nginx:alpine', 'shop/web:1'])
    expect(delivered.unreadable).toEqual([])
    await docker('rm', '-f', 'changed', 'first', 'second')
  })

  realTest('asks on the side what runs, what it uses, and what it has other than its image', async () => {
    const looks = { running: 200, stats: 200, changes: 200 }
    const delivered = createDelivered()
    await docker('run', '-d', '--name', 'looked', 'test/busybox:1', 'sleep', '1000')
    const id = (await docker('inspect', '-f', '{{.Id}}', 'looked')).trim()
    const linesWith = (...texts: string[]): Record<string, unknown>[] =>
      [...delivered.streams.values()]
        .flatMap((bytes) => bytes.toString().split('\n'))
        .filter((line) => texts.every((text) => line.includes(text)))
        .map((line) => JSON.parse(line) as Record<string, unknown>)
    await Promise.all([
      deliver(
        dockerInput({ name: 'd', socket: engine.socket, now: Date.now, looks }),
        delivered,
        () => linesWith('"Path":"/new/b"').length > 0 && linesWith('cpu_stats').length > 2,
      ),
      docker('exec', 'looked', 'sh', '-c', 'mkdir /new; : > /new/a; sleep 1; : > /new/b'),
    ])
    const [first] = linesWith('"running":[')
    expect(first).toMatchObject({ 'x-tallyman': { running: [id], interval: 200 } })
    const [, second] = linesWith('cpu_stats')
    expect(second).toMatchObject({ id, precpu_stats: { cpu_usage: expect.any(Object) as object } })
    expect(linesWith('"Path":"/new/a"')).toMatchObject([{ Kind: 1, 'x-tallyman': { container: id } }])
    expect(linesWith('"Path":"/new/b"')).toHaveLength(1)
    await docker('rm', '-f', 'looked')
  })

  realTest('neither repeats nor loses an event over many restarts', async () => {
    const delivered = createDelivered()
    await begin(delivered)
    await docker('run', '-d', '--name', 'busy', 'test/busybox:1', 'sleep', '1000')
    const names = Array.from({ length: 12 }, (_, index) => `r${index}`)
    const work = (async () => {
      for (const name of names) {
        await create(name)
        await docker('exec', 'busy', 'true')
        await docker('rm', name)
      }
    })()
    for (const name of names) await deliver(input(), delivered, () => hasEvent(delivered, 'create', name))
    await work
    await deliver(input(), delivered, () => hasEvent(delivered, 'destroy', 'r11'))
    const seen = identities(delivered)
    expect(new Set(seen).size).toBe(seen.length)
    for (const name of names) {
      expect(
        eventsOf(delivered)
          .filter(({ Actor }) => Actor?.Attributes['name'] === name)
          .map(({ Action }) => Action),
      ).toEqual(['create', 'destroy'])
    }
    expect(eventsOf(delivered).filter(({ Action }) => Action?.startsWith('exec_start: true')).length).toBe(12)
    expect(delivered.findings.filter(({ kind }) => kind === 'unobserved-interval')).toEqual([])
    await docker('rm', '-f', 'busy')
  })

  realTest('takes a network for no container', async () => {
    const delivered = createDelivered()
    await begin(delivered)
    await docker('network', 'create', 'shop')
    await create('member', '--network', 'shop')
    await docker('rm', 'member')
    await docker('network', 'rm', 'shop')
    await deliver(input(), delivered, () => hasEvent(delivered, 'destroy', 'shop'))
    expect(delivered.findings.map(({ resource }) => resource?.['container.name'])).not.toContain('shop')
  })

  realTest('tells a container that joins a network as it runs from one that starts in it', async () => {
    const delivered = createDelivered()
    await begin(delivered)
    for (const network of ['front', 'back']) await docker('network', 'create', network)
    await create('both', '--network', 'front')
    await docker('network', 'connect', 'back', 'both')
    await docker('start', 'both')
    await docker('run', '-d', '--name', 'one', '--network', 'front', 'test/busybox:1', 'sleep', '1000')
    await docker('network', 'connect', 'back', 'one')
    const joins = (): readonly Line[] => eventsOf(delivered).filter(({ Action }) => Action === 'connect')
    await deliver(input(), delivered, () => joins().length === 4)
    expect(joins().map((line) => line['x-tallyman'])).toEqual(
      [false, false, false, true].map((running) => ({ running })),
    )
    await docker('rm', '-f', 'both', 'one')
    await docker('network', 'rm', 'front', 'back')
  })

  realTest('says which specification it could not resolve', async () => {
    const delivered = createDelivered()
    await begin(delivered)
    const id = (await create('fleeting')).trim()
    await docker('rm', 'fleeting')
    await deliver(input(), delivered, () => hasEvent(delivered, 'destroy', 'fleeting'))
    expect(delivered.findings).toMatchObject([
      {
        kind: 'specification-unresolved',
        resource: {
          'container.id': id,
          'container.name': 'fleeting',
          'container.image.name': 'test/busybox:1',
        },
      },
    ])
  })

  realTest('reports a gap when the ring wrapped, and heals it by what is there', async () => {
    const delivered = createDelivered()
    await docker('run', '-d', '--name', 'noise', 'test/busybox:1', 'sleep', '1000')
    const gone = (await create('vanishes')).trim()
    await begin(delivered)
    await create('anchor')
    await deliver(input(), delivered, () => inspected(delivered, 'anchor').length > 0)
    await create('unseen', '--privileged')
    await docker('rm', 'vanishes')
    for (let index = 0; index < 150; index += 1) {
      await docker('pause', 'noise')
      await docker('unpause', 'noise')
    }
    await deliver(
      input(),
      delivered,
      () => eventsOf(delivered).filter(({ Action }) => Action === 'unpause').length > 100,
    )
    expect(delivered.findings).toMatchObject([{ kind: 'unobserved-interval', about: 'd' }])
    const [gap] = delivered.findings
    expect(gap?.since).toBeLessThan(gap?.until ?? 0)
    expect(hasEvent(delivered, 'create', 'unseen')).toBe(false)
    expect(inspected(delivered, 'unseen')).toMatchObject([
      { HostConfig: { Privileged: true }, 'x-tallyman': { inventory: false } },
    ])
    expect(linesOf(delivered).filter((line) => line['x-tallyman']?.gone === gone)).toHaveLength(1)
    await deliver(
      input(),
      delivered,
      (() => {
        const until = Date.now() + 500
        return () => Date.now() > until
      })(),
    )
    expect(delivered.findings).toHaveLength(1)
    await docker('rm', '-f', 'noise', 'unseen', 'anchor')
  })

  realTest('goes on after the daemon was restarted, and says what it cannot know', async () => {
    const delivered = createDelivered()
    await begin(delivered)
    await create('first')
    let restarted = false
    await deliver(
      input(),
      delivered,
      () => {
        if (!restarted && inspected(delivered, 'first').length > 0) {
          restarted = true
          void engine.daemon
            .stop()
            .then(() => engine.daemon.start())
            .then(() => create('second'))
        }
        return hasEvent(delivered, 'create', 'second') && inspected(delivered, 'second').length > 0
      },
      60_000,
    )
    expect(delivered.findings.map(({ kind }) => kind)).toEqual(['unobserved-interval'])
    // the same engine: one stream, and no second inventory
    expect(delivered.streams.size).toBe(1)
    await docker('rm', '-f', 'first', 'second')
  })
})

describe('a real Podman', () => {
  let engine: Engine
  beforeAll(async () => {
    if (missingForPodman().length === 0) engine = await startPodman()
  })
  afterAll(async () => {
    await engine?.stop()
  })

  realTest(
    'is read like Docker, and resumed without repeats',
    async () => {
      const delivered = createDelivered()
      const input = (): ReturnType<typeof dockerInput> =>
        dockerInput({ name: 'p', socket: engine.socket, now: Date.now })
      await engine.docker('create', '--name', 'before', 'test/busybox:1', 'sleep', '1000')
      await deliver(input(), delivered, () => inspected(delivered, 'before').length > 0)
      await engine.docker('create', '--name', 'away', '--privileged', 'test/busybox:1', 'sleep', '1000')
      await deliver(input(), delivered, () => inspected(delivered, 'away').length > 0)
      await Promise.all([
        deliver(input(), delivered, () => inspected(delivered, 'live').length > 0),
        engine.docker('create', '--name', 'live', 'test/busybox:1', 'sleep', '1000'),
      ])
      expect(inspected(delivered, 'before')).toMatchObject([
        { 'x-tallyman': { inventory: true, engine: 'podman' } },
      ])
      expect(inspected(delivered, 'away')).toMatchObject([
        { HostConfig: { Privileged: true }, 'x-tallyman': { inventory: false } },
      ])
      const seen = identities(delivered)
      expect(new Set(seen).size).toBe(seen.length)
      expect(delivered.findings).toEqual([])
      expect(delivered.streams.size).toBe(1)
    },
    { lacking: missingForPodman() },
  )
})
