import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zstdCompressSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Chunk } from '../src/domain/event.ts'
import { addAgent, removeAgent, type AgentSettings } from '../src/inputs/agent-registry.ts'
import { handAgent, startHub, tell, type HandAgent, type Hub } from './agents-input.ts'
import { podCreated } from './audit.ts'
import { eventually } from './daemon.ts'

let folder = ''
let hub: Hub
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-agents-'))
})
afterEach(async () => {
  await hub.stop()
  rmSync(folder, { recursive: true, force: true })
})

const SPOOL = 'a'.repeat(32)
const OTHER = 'b'.repeat(32)

/** Tokens by agent's name: they stand in no file. */
const tokens = new Map<string, string>()

function readToken(name: string): string {
  return tokens.get(name) ?? ''
}

/** Agents that may send, with the spools that they are given; the hub starts with them. */
async function heard<Name extends string>(
  settings: Readonly<Record<Name, { readonly as?: AgentSettings; readonly spool?: string }>>,
): Promise<Readonly<Record<Name, HandAgent>>> {
  const names = Object.keys(settings) as Name[]
  for (const name of names) {
    const { as = {} } = settings[name]
    tokens.set(name, addAgent(join(folder, 'agents.json'), name, as, Date.now()).token)
  }
  hub = await startHub(folder)
  const made = names.map(
    (name) => [name, handAgent(hub, readToken(name), settings[name].spool ?? SPOOL)] as const,
  )
  return Object.fromEntries(made) as Record<Name, HandAgent>
}

function lines(text: string, offset = 0, stream = 'file:a'): Pick<Chunk, 'stream' | 'offset' | 'bytes'> {
  return { stream, offset, bytes: Buffer.from(text) }
}

const falco = (n: number, container = 'c'.repeat(12), host = 'web-1'): string =>
  `${JSON.stringify({
    time: new Date(1_795_200_000_000 + n).toISOString(),
    rule: 'Terminal shell in container',
    priority: 'Notice',
    output: `shell ${n}`,
    source: 'syscall',
    hostname: host,
    output_fields: { 'container.id': container, 'evt.time': n },
  })}\n`

const inspect = (id: string, address: string): string =>
  `${JSON.stringify({
    Id: id,
    Created: '2026-11-20T10:00:00Z',
    Name: '/shop',
    Config: { Image: 'shop:1' },
    HostConfig: { NetworkMode: 'bridge' },
    NetworkSettings: { Networks: { bridge: { IPAddress: address } } },
  })}\n`

const findings = (kind: string): readonly string[] =>
  hub.store
    .findings(1_000)
    .filter((finding) => finding.kind === kind)
    .map(({ about, message }) => `${about}: ${message}`)

describe('what an agent sends', () => {
  it('is taken once, whatever comes again, and over a restart in the middle of a record', async () => {
    const { 'web-1': web } = await heard({ 'web-1': {} })
    const line = falco(1)
    const [whole, half] = [
      web.entries({ chunks: [lines(line)] }),
      web.entries({ chunks: [lines(line.slice(0, 50), line.length)] }),
    ]
    expect((await web.send(whole)).status).toBe(200)
    const before = web.place
    expect((await web.send(half)).status).toBe(200)
    // nobody heard of it: the same again, and more with it
    const rest = web.entries({
      chunks: [lines(line.slice(50).replace('shell 1', 'shell 2'), line.length + 50)],
    })
    await hub.stop()
    hub = await startHub(folder)
    const again = handAgent(hub, readToken('web-1'), SPOOL)
    expect((await again.send([...half, ...rest], { before })).status).toBe(200)
    expect((await again.send([...half, ...rest], { before })).status).toBe(200)
    expect(hub.store.totals()).toMatchObject({ records: 2, evaluated: 2, failed: 0, duplicates: 0 })
  })

  it('is refused where it does not go on, and told where that is', async () => {
    const { 'web-1': web } = await heard({ 'web-1': {} })
    const [one] = [web.entries({ chunks: [lines(falco(1))] })]
    await web.send(one)
    const { place } = web
    const forged = web.entries({ chunks: [lines(falco(9), 5_000)] })
    for (const before of [
      { number: 7, digest: 'd'.repeat(32) },
      { number: 1, digest: 'd'.repeat(32) },
      { number: 5, digest: place.digest },
    ]) {
      const told = await web.send(forged, { before })
      expect(told).toMatchObject({ status: 409, body: { position: { spool: SPOOL, ...place } } })
    }
    // the request before again, with something else in it
    const told = await web.send([...forged, ...forged], { before: { number: 0, digest: '' } })
    expect(told.status).toBe(409)
    // another spool, without a word why
    expect((await handAgent(hub, readToken('web-1'), OTHER).send(forged)).status).toBe(409)
    expect(hub.store.totals()).toMatchObject({ records: 1 })
  })

  it('is taken anew and told of where its spool went back in time', async () => {
    const { 'web-1': web } = await heard({ 'web-1': {} })
    for (const n of [1, 2, 3]) await web.send(web.entries({ chunks: [lines(falco(n), n)] }))
    // an older copy of its disk was put back: the same numbers, other content at the same offsets
    const restored = handAgent(hub, readToken('web-1'), OTHER)
    const different = restored.entries({ chunks: [lines(falco(7), 1)] })
    expect(
      (await restored.send(different, { begins: 'restored', before: { number: 1, digest: 'd'.repeat(32) } }))
        .status,
    ).toBe(200)
    expect(hub.store.totals()).toMatchObject({ records: 4, evaluated: 4 })
    expect(findings('unobserved-interval')).toEqual([expect.stringMatching(/^web-1: .*went back in time/)])
    // what would go on in the old spool does not go on here
    expect((await web.send(web.entries({ chunks: [lines(falco(8), 9)] }))).status).toBe(409)
  })

  it('is of the agent whose token it shows, and of its machine', async () => {
    const { 'web-1': web } = await heard({ 'web-1': { as: { host: 'web-1.example' } } })
    const said = web.entries({
      chunks: [{ ...lines(falco(1, 'c'.repeat(12), 'db-1.example')), stream: 'docker:docker:engine' }],
      findings: [
        {
          id: 'x',
          kind: 'unobserved-interval',
          about: 'db-1/docker',
          since: 1,
          until: 2,
          message: 'm',
          resource: { 'host.name': 'db-1.example' },
        },
      ],
    })
    expect((await web.send(said)).status).toBe(200)
    for (const finding of hub.store.findings(100)) {
      expect(finding.resource?.['host.name']).toBe('web-1.example')
      expect(finding.about).toMatch(/^web-1/)
    }
    expect(findings('identity-conflict')).toEqual([expect.stringContaining('name the machine db-1.example')])
    expect(
      hub.store.resume('web-1/logs').offset(`agent:web-1/logs@${SPOOL.slice(0, 8)}:docker:docker:engine`),
    ).toBeGreaterThan(0)
    expect(hub.store.resume('db-1/docker').offset('docker:docker:engine')).toBeUndefined()
  })

  it('says nothing of a container of another machine, nor ends it', async () => {
    const { 'web-1': web, 'db-1': db } = await heard({ 'web-1': {}, 'db-1': { spool: OTHER } })
    const id = 'd'.repeat(64)
    const engine = { name: 'docker', type: 'docker' }
    const stream = 'docker:docker:engine'
    await db.send(db.entries({ chunks: [lines(inspect(id, '172.17.0.2'), 0, stream)] }, engine))
    const mine = 'e'.repeat(64)
    const gone = `${JSON.stringify({ 'x-tallyman': { engine: 'docker', host: 'db-1', gone: id, observed: Date.now() } })}\n`
    const forged = inspect(id, '172.17.0.9').replace('shop:1', 'evil:1')
    await web.send(
      web.entries({ chunks: [lines(inspect(mine, '172.17.0.2') + forged + gone, 0, stream)] }, engine),
    )
    const rows = hub.store.containers()
    expect(rows).toHaveLength(2)
    expect(rows.find((row) => row.id === id)).toMatchObject({
      resource: { 'host.name': 'db-1', 'container.image.name': 'shop' },
      by: { input: 'db-1/docker', engine: true },
    })
    expect(rows.find((row) => row.id === id)?.gone).toBeUndefined()
    expect(rows.find((row) => row.id === mine)?.resource['host.name']).toBe('web-1')
    expect(findings('identity-conflict').join()).toContain(id)
  })

  it('may be about clusters only where that is said', async () => {
    const pod = `${podCreated({ name: 'a', auditID: 'a', time: 1_795_200_000_000 })}\n`
    const { 'web-1': web, plane } = await heard({ 'web-1': {}, plane: { as: { relays: true } } })
    await web.send(web.entries({ chunks: [lines(pod)] }))
    expect(hub.store.totals().failures).toEqual({
      'kubernetes.audit: not among the sources of this input': 1,
    })
    await plane.send(plane.entries({ chunks: [lines(pod)] }))
    expect(hub.store.totals()).toMatchObject({ evaluated: 1, failed: 1 })
  })

  it('is refused from strangers, and from whoever was taken away', async () => {
    const { 'web-1': web } = await heard({ 'web-1': {} })
    const token = readToken('web-1')
    for (const shown of ['', 'web-1.guessed', `${token}x`, token.replace('web-1', 'db-1')])
      expect((await tell(hub, shown, Buffer.alloc(0), {})).status).toBe(401)
    removeAgent(join(folder, 'agents.json'), 'web-1')
    await eventually(async () => ((await web.send([])).status === 401 ? true : undefined))
    expect(readFileSync(join(folder, 'agents.json'), 'utf8')).not.toContain(token)
  })

  it('is bounded, and what cannot be read of it is counted', async () => {
    const { 'web-1': web } = await heard({ 'web-1': {} })
    const token = readToken('web-1')
    const bomb = zstdCompressSync(Buffer.alloc(64 * 1024 * 1024))
    expect((await tell(hub, token, bomb)).status).toBe(413)
    expect((await tell(hub, token, Buffer.alloc(3 * 1024 * 1024), {})).status).toBe(413)
    for (const body of [Buffer.from('garbage'), Buffer.alloc(64, 0xff), Buffer.alloc(8)])
      expect((await tell(hub, token, body, {})).status).toBe(400)
    expect((await tell(hub, token, Buffer.from('garbage'))).status).toBe(400)
    const broken = { head: '{"input":"../x"}', body: Buffer.from('zz') }
    const [good] = web.entries({ chunks: [lines(falco(1))] })
    expect((await web.send([broken, ...(good ? [good] : [])])).status).toBe(200)
    expect(hub.store.totals()).toMatchObject({
      evaluated: 1,
      failures: { 'agent: entry that cannot be read': 1 },
    })
  })

  it('says what was lost, and how wrong its clock is', async () => {
    const { 'web-1': web } = await heard({ 'web-1': {} })
    const reason = 'syslog: datagram for which there was no room'
    const lost = web.entries(
      { unreadable: [{ stream: 'net', reason, count: 40 }] },
      { name: 'net', type: 'syslog' },
    )
    await web.send(lost, { now: Date.now() - 600_000 })
    expect(findings('unobserved-interval')).toEqual([
      'web-1/net: 40 records were lost on web-1: more arrived than its agent could keep',
    ])
    expect(findings('bound-reached')).toEqual([
      expect.stringMatching(/^web-1: the clock of its machine is 600 s behind/),
    ])
    const [status] = hub.input.agents?.() ?? []
    expect(status).toMatchObject({ name: 'web-1', state: 'connected', lost: 40 })
    // a clock that is far off holds nobody up
    const [reach] = (status?.inputs ?? []).map((input) => input.reach)
    expect(reach).toMatchObject({ kind: 'caught-up' })
  })

  it('has few inputs, whatever it says', async () => {
    const { 'web-1': web } = await heard({ 'web-1': {} })
    const many = Array.from({ length: 300 }, (_, n) =>
      web.entries({ findings: [], chunks: [lines(falco(n))] }, { name: `made-up-${n}` }),
    )
    expect((await web.send(many.flat())).status).toBe(200)
    const { evaluated, failures } = hub.store.totals()
    expect(evaluated).toBeLessThanOrEqual(256)
    expect(evaluated + (failures['agent: entry that cannot be read'] ?? 0)).toBe(300)
  })

  it('is behind until all that its agent has is here', async () => {
    const { 'web-1': web } = await heard({ 'web-1': {} })
    const reach = () => hub.input.agents?.()[0]?.inputs[0]?.reach?.kind
    await web.send(web.entries({ chunks: [lines(falco(1))] }), { last: 5 })
    expect(reach()).toBe('behind')
    await web.send(web.entries({ chunks: [lines(falco(2), 500)] }))
    expect(reach()).toBe('caught-up')
  })
})
