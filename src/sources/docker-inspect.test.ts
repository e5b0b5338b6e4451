import { describe, expect, test } from 'vitest'
import { createStreamDecoder, sources } from './index.ts'
import { objectOf } from './json.ts'

const CREATED = Date.UTC(2026, 10, 21, 7)

function inspectOf(over: object = {}, host: object = {}): object {
  return {
    Id: 'c1',
    Name: '/web',
    Created: '2026-11-21T07:00:00Z',
    Config: { Image: 'nginx', Cmd: ['nginx'] },
    HostConfig: host,
    ...over,
  }
}

function read(records: readonly object[], stream = 's') {
  const bytes = Buffer.from(records.map((record) => `${JSON.stringify(record)}\n`).join(''))
  return createStreamDecoder(sources, stream).push({ stream, offset: 0, bytes, end: true })
}

/** The record of the container's only event of the category. */
function told(category: string, record: object, stream?: string) {
  const events = read([record], stream).items.flatMap(({ decoded }) => decoded.events)
  return objectOf(events.find((event) => event.logsource.category === category)?.record)
}

function volumeMount(options: object) {
  const mount = {
    Type: 'volume',
    Source: 'v',
    Target: '/d',
    VolumeOptions: { DriverConfig: { Name: 'local', Options: options } },
  }
  return told('container_mount', inspectOf({}, { Mounts: [mount] }))
}

describe('a volume of the local driver', () => {
  test.each<[string, object, readonly string[]]>([
    ['a folder', { type: 'none', o: 'bind', device: '/home' }, ['/home']],
    ['a disk', { type: 'ext4', device: '/dev/../dev//sda1' }, ['/dev/sda1', '/']],
    ['a disk under another name', { type: 'xfs', device: '/tmp/innocent' }, ['/tmp/innocent', '/']],
    [
      'an overlay of folders',
      { type: 'overlay', device: 'overlay', o: 'lowerdir=/etc:/opt,upperdir=/root,workdir=/w' },
      ['/etc', '/opt', '/root'],
    ],
    ['the processes of the host', { type: 'proc', device: 'proc' }, ['/proc']],
    ['the devices of the host', { type: 'devtmpfs', device: 'x' }, ['/dev']],
  ])('that shows %s is a bind', (_name, options, source) => {
    const mount = volumeMount(options)
    expect(mount['mount.type']).toBe('bind')
    expect(mount['mount.source']).toEqual(source)
    if (source.includes('/')) expect(mount['mount.exposes']).toContain('host-root')
  })

  test.each([
    ['memory', { type: 'tmpfs', device: 'tmpfs', o: 'size=1m' }],
    ['NFS', { type: 'nfs', device: ':/export', o: 'addr=192.0.2.1' }],
    ['a share', { type: 'cifs', device: '//server/share' }],
    ['nothing', {}],
  ])('that shows %s is none', (_name, options) => {
    expect(volumeMount(options)['mount.type']).toBe('volume')
  })
})

test('devices are told by their normal paths, and what else may be opened by its rules', () => {
  const host = {
    Devices: [{ PathOnHost: '/dev//../dev/sda' }],
    DeviceCgroupRules: ['b 8:* rwm', 'a *:* rwm'],
  }
  const created = told('container_create', inspectOf({}, host))
  expect(created['container.devices']).toEqual(['/dev/sda'])
  expect(created['container.device_cgroup_rules']).toEqual(['b 8:* rwm', 'a *:* rwm'])
})

describe('what the Docker input adds', () => {
  const additions = {
    'x-tallyman': {
      inventory: true,
      observed: CREATED + 1_000.75,
      host: 'h',
      engine: 'podman',
      realPaths: { '/a': '/etc' },
    },
  }
  const record = inspectOf({
    ...additions,
    Mounts: [{ Type: 'bind', Source: '/a', Destination: '/a', RW: true }],
  })
  const gone = { 'x-tallyman': { gone: 'c1', observed: CREATED } }

  test('is heard in its own stream, at whole milliseconds', () => {
    const { items } = read([record, gone], 'docker:engine')
    const [event] = items[0]?.decoded.events ?? []
    expect(event).toMatchObject({ time: CREATED + 1_000, inventory: true, resource: { 'host.name': 'h' } })
    expect(told('container_mount', record, 'docker:engine')['mount.source']).toEqual(['/a', '/etc'])
    expect(items[1]?.decoded.facts).toEqual([
      { kind: 'container-gone', id: 'c1', time: CREATED, releases: 'docker.inspect:docker:engine:c1' },
    ])
  })

  test('has an identity that no other stream can take or let go', () => {
    const ids = ['docker:a:engine', 'docker:b:engine', 'http:body', 'file:head'].map(
      (stream) => read([record], stream).items[0]?.decoded.identity,
    )
    expect(ids.map((identity) => identity?.watched)).toEqual([true, true, false, false])
    expect(new Set(ids.map((identity) => identity?.id)).size).toBe(3)
  })

  test('is not heard in any other, where anybody may write it', () => {
    const { items, failures } = read([record, gone], '/var/log/docker:engine')
    const [event] = items[0]?.decoded.events ?? []
    expect(event?.time).toBe(CREATED)
    expect(event).not.toHaveProperty('inventory')
    expect(event?.resource).toMatchObject({ 'container.runtime.name': 'docker' })
    expect(event?.resource).not.toHaveProperty(['host.name'])
    expect(told('container_mount', record)['mount.source']).toEqual(['/a'])
    expect(failures.map(({ reason }) => reason)).toEqual(['not a known record'])
  })
})

test('a specification that changes and changes back makes events with ids of their own', () => {
  const at = (observed: number, networks: object) =>
    inspectOf({ 'x-tallyman': { observed }, NetworkSettings: { Networks: networks } })
  const { items } = read(
    [
      inspectOf({ NetworkSettings: { Networks: { a: {} } } }),
      at(CREATED + 1, { a: {}, b: {} }),
      at(CREATED + 2, { a: {} }),
    ],
    'docker:engine',
  )
  const [first, , third] = items.map(({ decoded }) => decoded)
  expect(third?.identity).toEqual(first?.identity)
  const ids = items.flatMap(({ decoded }) => decoded.events.map(({ id }) => id))
  expect(new Set(ids).size).toBe(ids.length)
})

test('a command writes below the folder that it is started in', () => {
  const mount = { Type: 'bind', Source: '/etc', Destination: '/h', RW: true }
  const written = (config: object) => {
    const events = read([inspectOf({ Config: { Cmd: ['touch', 'motd'], ...config }, Mounts: [mount] })])
    const exec = events.items.flatMap(({ decoded }) => decoded.events).at(-1)
    return ['process.writes', 'process.host_writes'].map((field) => objectOf(exec?.record)[field])
  }
  expect(written({ WorkingDir: '/h' })).toEqual([['/h/motd'], ['/etc/motd']])
  expect(written({ WorkingDir: '' })).toEqual([['/motd'], undefined])
  expect(written({})).toEqual([['motd'], undefined])
})

test('its creator is the user as which the engine runs, else what a label says', () => {
  const creator = (parts: object): unknown => {
    const [item] = read([inspectOf(parts)], 'docker:engine').items
    const { resource = {} } = item?.decoded.events[0] ?? {}
    return [resource['container.creator.name'], resource['container.creator.told_by']]
  }
  const Config = { Image: 'web', Labels: { 'com.docker.compose.project': 'shop' } }
  expect(creator({ Config })).toEqual(['compose/shop', 'label'])
  expect(creator({ Config, 'x-tallyman': { uid: 1000 } })).toEqual(['uid 1000', 'engine'])
  expect(creator({})).toEqual([undefined, undefined])
})

describe('a container’s addresses', () => {
  const addresses = (inspect: object, host: object = {}): unknown => {
    const [item] = read([inspectOf(inspect, host)]).items
    return item?.decoded.facts.map((fact) => (fact.kind === 'container' ? fact.addresses : fact.kind))
  }
  const networks = {
    shop: { IPAddress: '198.19.0.2', GlobalIPv6Address: '2001:db8::2' },
    other: { IPAddress: '198.19.1.2', GlobalIPv6Address: '' },
    gone: null,
  }

  test('are those of all of its networks, of the old form too', () => {
    const settings = { IPAddress: '198.18.0.2', GlobalIPv6Address: '', Networks: networks }
    expect(addresses({ NetworkSettings: settings })).toEqual([
      ['198.19.0.2', '2001:db8::2', '198.19.1.2', '198.18.0.2'],
    ])
  })

  test.each(['host', 'none', 'container:abc', 'ns:/run/netns/x'])('are none on the network %s', (mode) => {
    const settings = { IPAddress: '', Networks: { [mode]: { IPAddress: '192.0.2.1' } } }
    expect(addresses({ NetworkSettings: settings }, { NetworkMode: mode })).toEqual([[]])
  })

  test.each([null, 'x', [], { Networks: 'x' }, { Networks: { a: { IPAddress: 7 } } }])(
    'are none in %j',
    (settings) => {
      expect(addresses({ NetworkSettings: settings })).toEqual([[]])
    },
  )
})
