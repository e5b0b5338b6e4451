import { createHmac } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createAuthority } from '../../test/certificates.ts'
import { aNotice } from '../../test/notices.ts'
import { httpReceiver, type Received } from '../../test/receivers.ts'
import type { ActionResult, Delivery } from './action.ts'
import { webhook } from './webhook.ts'

const NOW = Date.UTC(2026, 10, 20, 10)
const delivery = (parts: Partial<Delivery> = {}): Delivery => ({
  key: 'k'.repeat(32),
  notice: aNotice(),
  console: 'https://tally.example',
  ...parts,
})
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-webhook-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

async function send(options: object, what = delivery(), patience = 5_000): Promise<ActionResult> {
  const chosen = webhook.options.parse({ type: 'webhook', ...options })
  const context = { signal: AbortSignal.timeout(patience), now: () => NOW }
  return webhook.check(chosen) ?? (await webhook.run(chosen, what, context))
}

function secretFile(...secrets: readonly string[]): string {
  const file = join(folder, 'secret')
  writeFileSync(file, secrets.map((secret) => `whsec_${Buffer.from(secret).toString('base64')}\n`).join(''))
  return file
}

/** As a receiver does it. */
function isSigned({ headers, body }: Received, secret: string): boolean {
  const content = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`
  const wanted = `v1,${createHmac('sha256', secret).update(content).digest('base64')}`
  return String(headers['webhook-signature']).split(' ').includes(wanted)
}

const OLD = 'old-secret-of-thirty-two-bytes!!'
const NEW = 'new-secret-of-thirty-two-bytes!!'

describe('a webhook', () => {
  it('posts the incident with its key and link, signed with both secrets while they are exchanged', async () => {
    await using receiver = await httpReceiver()
    const url = `http://127.0.0.1:${receiver.port}/hook`
    expect(await send({ url, secretFile: secretFile(OLD, NEW) })).toEqual({
      kind: 'done',
      reason: 'HTTP 204',
    })
    const [got] = receiver.received
    if (got === undefined) throw new Error('nothing came')
    expect([OLD, NEW, 'another'].map((secret) => isSigned(got, secret))).toEqual([true, true, false])
    expect(isSigned({ ...got, body: got.body.replace('high', 'low') }, NEW)).toBe(false)
    expect(got.headers).toMatchObject({
      'idempotency-key': 'k'.repeat(32),
      'webhook-timestamp': '1795168800',
    })
    expect(JSON.parse(got.body)).toMatchObject({
      type: 'incident.opened',
      key: 'k'.repeat(32),
      link: `https://tally.example/incidents/${'c'.repeat(32)}`,
      data: { level: 'high', alert: { strategy: 'a-strategy' } },
    })
  })

  it('sends the same body at each attempt', async () => {
    await using receiver = await httpReceiver()
    const url = `http://127.0.0.1:${receiver.port}/`
    await send({ url })
    await send({ url })
    expect(receiver.received[0]?.body).toBe(receiver.received[1]?.body)
  })

  it('verifies certificates, and trusts the authority that it is told', async () => {
    const authority = createAuthority(folder)
    const { cert, key } = authority.issue('server')
    await using receiver = await httpReceiver(() => 200, { cert: readFileSync(cert), key: readFileSync(key) })
    const url = `https://localhost:${receiver.port}/`
    expect(await send({ url })).toMatchObject({
      kind: 'failed',
      reason: expect.stringMatching(/UNABLE_TO_VERIFY|CERT/),
    })
    expect(await send({ url, caFile: authority.cert })).toMatchObject({ kind: 'done' })
  })

  it.each([
    [408, 'failed'],
    [425, 'failed'],
    [429, 'failed'],
    [500, 'failed'],
    [503, 'failed'],
    [401, 'failed'],
    [403, 'failed'],
    [404, 'failed'],
    [301, 'failed'],
    [302, 'failed'],
    [400, 'refused'],
    [410, 'refused'],
    [413, 'refused'],
    [415, 'refused'],
    [422, 'refused'],
  ])('takes %i as %s', async (status, kind) => {
    await using elsewhere = await httpReceiver()
    await using receiver = await httpReceiver((_n, _request, response) => {
      response.setHeader('location', `http://127.0.0.1:${elsewhere.port}/`)
      return status
    })
    expect(await send({ url: `http://127.0.0.1:${receiver.port}/` })).toMatchObject({ kind })
    expect(elsewhere.received).toEqual([])
  })

  it('waits no longer than it is given, and reads no endless answer', async () => {
    await using silent = await httpReceiver(() => undefined)
    expect(await send({ url: `http://127.0.0.1:${silent.port}/` }, delivery(), 200)).toMatchObject({
      kind: 'failed',
      reason: `http://127.0.0.1:${silent.port}: no answer in time`,
    })
    await using endless = await httpReceiver((_n, _request, response) => {
      response.writeHead(400)
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
        if (!response.destroyed) response.once('drain', more)
      }
      more()
      return undefined
    })
    const result = await send({ url: `http://127.0.0.1:${endless.port}/` })
    expect(result.kind).toBe('refused')
    expect(result.reason.length).toBeLessThan(300)
  })

  it('tells no secret: neither an address from a file nor what a secret file holds', async () => {
    const urlFile = join(folder, 'url')
    writeFileSync(urlFile, 'http://127.0.0.1:1/services/T0P/S3CRET\n')
    expect(JSON.stringify(await send({ urlFile }))).not.toContain('S3CRET')
    writeFileSync(urlFile, 'http://example.org/S3CRET\n')
    const refused = await send({ urlFile })
    expect(refused).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('nor http to this machine'),
    })
    expect(JSON.stringify(refused)).not.toContain('S3CRET')
    const secretFile = join(folder, 'bad')
    writeFileSync(secretFile, 'S3CRET\n')
    const bad = await send({ url: 'http://127.0.0.1:1/', secretFile })
    expect(bad).toMatchObject({ kind: 'failed', reason: expect.stringContaining('whsec_') })
    expect(JSON.stringify(bad)).not.toContain('S3CRET')
    expect(await send({ url: 'http://127.0.0.1:1/', secretFile: join(folder, 'none') })).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('ENOENT'),
    })
  })

  it('takes plain http to this machine only', () => {
    const parse = (url: string, insecure = false): boolean =>
      webhook.options.safeParse({ type: 'webhook', url, insecure }).success
    expect(parse('http://127.0.0.1:8080/x')).toBe(true)
    expect(parse('http://[::1]/x')).toBe(true)
    expect(parse('https://example.org/x')).toBe(true)
    expect(parse('http://example.org/x', true)).toBe(true)
    for (const url of [
      'http://example.org/x',
      'http://127.0.0.1.example.org/',
      'ftp://x/',
      'file:///etc/passwd',
      'x',
    ])
      expect(parse(url)).toBe(false)
  })
})

describe('a message for Slack', () => {
  it('holds no mention, link or markup of hostile names', async () => {
    await using receiver = await httpReceiver(() => 200)
    const name = '<!channel> <@U123> *bold* `code` & <https://evil.example|click>\u001b[31m\u202e'
    const notice = aNotice({ entity: { 'container.name': name, 'host.name': '<!here>' } })
    await send({ url: `http://127.0.0.1:${receiver.port}/`, format: 'slack' }, delivery({ notice }))
    const body = receiver.received[0]?.body ?? ''
    expect(body.match(/<[^>]*>/g)).toEqual([
      `<https://tally.example/incidents/${'c'.repeat(32)}|open in Tallyman>`,
    ])
    expect(body).not.toMatch(/\u001b|\u202e/)
    const { text, blocks } = JSON.parse(body) as { text: string; blocks: { text?: { text: string } }[] }
    expect(text).toContain('&lt;!channel&gt; &lt;@U123&gt;')
    for (const line of (blocks[1]?.text?.text ?? '').split('\n'))
      expect(line).toMatch(/^[\w ]+: (`[^`]*`|–)$/)
  })

  it('stays within the bounds of a section', async () => {
    await using receiver = await httpReceiver(() => 200)
    const incidents = Array.from({ length: 10 }, () =>
      aNotice({ entity: { 'container.name': '&'.repeat(256) } }),
    )
    const notice = {
      kind: 'digest',
      at: NOW,
      since: NOW,
      until: NOW,
      count: 10,
      levels: { high: 10 },
    } as const
    const what = delivery({ notice: { ...notice, strategies: [{ id: 'a', count: 10 }], incidents } })
    await send({ url: `http://127.0.0.1:${receiver.port}/`, format: 'slack' }, what)
    const { blocks } = JSON.parse(receiver.received[0]?.body ?? '') as {
      blocks: { text?: { text: string } }[]
    }
    for (const block of blocks) expect(block.text?.text.length ?? 0).toBeLessThanOrEqual(3_000)
  })
})

it('an OCSF Detection Finding has the class, the severity and the techniques', async () => {
  await using receiver = await httpReceiver(() => 200)
  await send({ url: `http://127.0.0.1:${receiver.port}/`, format: 'ocsf' })
  expect(JSON.parse(receiver.received[0]?.body ?? '')).toMatchObject({
    class_uid: 2004,
    category_uid: 2,
    type_uid: 200_401,
    severity_id: 4,
    severity: 'High',
    metadata: { uid: 'k'.repeat(32) },
    finding_info: { uid: 'c'.repeat(32), attacks: [{ technique: { uid: 'T1610' } }] },
  })
})
