import { describe, expect, it } from 'vitest'
import type { Chunk, Machine } from '../domain/event.ts'
import { podCreated } from '../../test/audit.ts'
import { sources } from './index.ts'
import { createStreamDecoder } from './stream.ts'

const WEB: Machine = {
  agent: 'web-1',
  relays: false,
  resource: { 'host.name': 'web-1.example', 'k8s.cluster.name': 'production' },
}
const CONTAINER = 'c'.repeat(64)

function decoded(line: string, machine: Machine | undefined, stream = 'agent:web-1/a@1:s') {
  const chunk: Chunk = {
    stream,
    offset: 0,
    bytes: Buffer.from(`${line}\n`),
    end: true,
    ...(machine && { machine }),
  }
  return createStreamDecoder(sources, stream, undefined, () => 0).push(chunk)
}

const inspect = (host?: string): string =>
  JSON.stringify({
    Id: CONTAINER,
    Created: '2026-11-20T10:00:00Z',
    Name: '/web',
    Config: { Image: 'nginx:1' },
    HostConfig: {},
    NetworkSettings: { Networks: { bridge: { IPAddress: '172.17.0.2' } } },
    ...(host !== undefined && { 'x-tallyman': { engine: 'docker', host } }),
  })
const falco = JSON.stringify({
  time: '2026-11-20T10:00:00.000000000Z',
  rule: 'Terminal shell in container',
  priority: 'Notice',
  output: 'a shell',
  source: 'syscall',
  hostname: 'db-1.example',
  output_fields: { 'container.id': CONTAINER.slice(0, 12) },
})

describe('what an agent sends is told of its machine', () => {
  it('whichever machine the record names, and says so', () => {
    const { items } = decoded(falco, WEB)
    const told = items.flatMap(({ decoded: { events } }) => events)
    expect(told.length).toBeGreaterThan(0)
    for (const { resource } of told)
      expect(resource).toMatchObject({ 'host.name': 'web-1.example', 'k8s.cluster.name': 'production' })
    const findings = items
      .flatMap(({ decoded: { facts } }) => facts)
      .flatMap((fact) => (fact.kind === 'finding' ? [fact.finding] : []))
    expect(findings).toMatchObject([{ kind: 'identity-conflict', about: 'web-1' }])
    expect(findings[0]?.message).toContain('db-1.example')
  })

  it('with an engine’s containers, which are the engine’s own word in its stream', () => {
    const { items } = decoded(inspect('db-1.example'), WEB, 'docker:web-1/docker@1:engine')
    const [item] = items
    const containers = item?.decoded.facts.filter(({ kind }) => kind === 'container')
    expect(containers).toMatchObject([{ id: CONTAINER, resource: { 'host.name': 'web-1.example' } }])
    expect(item?.decoded.identity).toMatchObject({ watched: true })
  })

  it('and identifies nothing that another machine tells', () => {
    const id = (machine: Machine | undefined): string | undefined =>
      decoded(inspect(), machine).items[0]?.decoded.identity?.id
    const DB: Machine = { ...WEB, agent: 'db-1', resource: { 'host.name': 'db-1.example' } }
    expect(new Set([id(undefined), id(WEB), id(DB)]).size).toBe(3)
    const events = (machine: Machine): readonly string[] =>
      decoded(falco, machine).items.flatMap(({ decoded: { events: told } }) => told.map((event) => event.id))
    expect(events(WEB)).not.toEqual(events(DB))
  })

  it('unless it relays what others tell, and then only of what is not about its own machine', () => {
    const relaying = { ...WEB, relays: true }
    const hosts = (line: string): unknown[] =>
      decoded(line, relaying).items.flatMap(({ decoded: { events } }) =>
        events.map(({ resource }) => resource['host.name']),
      )
    expect(new Set(hosts(falco))).toEqual(new Set(['web-1.example']))
    // a device keeps its name, what names no machine was seen here, and a request is about its cluster
    const device =
      '<189>Nov 20 10:00:00 edge-1 42: Nov 20 10:00:00.123 UTC: %SYS-5-CONFIG_I: Configured from console by admin on vty0 (198.51.100.7)'
    expect(new Set(hosts(device))).toEqual(new Set(['edge-1']))
    expect(new Set(hosts(podCreated({ name: 'a', auditID: 'a', time: 0 })))).toEqual(new Set([undefined]))
  })
})
