import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAuthority } from '../../test/certificates.ts'
import { aNotice } from '../../test/notices.ts'
import { smtpReceiver } from '../../test/receivers.ts'
import type { ActionResult, Delivery } from './action.ts'
import { smtp } from './smtp.ts'

const delivery = (parts: Partial<Delivery> = {}): Delivery => ({
  key: 'k'.repeat(32),
  notice: aNotice(),
  console: 'https://tally.example',
  ...parts,
})
let folder: string
let authority: ReturnType<typeof createAuthority>
let tls: { readonly cert: Buffer; readonly key: Buffer }
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-smtp-'))
  authority = createAuthority(folder)
  const { cert, key } = authority.issue('server')
  tls = { cert: readFileSync(cert), key: readFileSync(key) }
  writeFileSync(join(folder, 'password'), 'open sesame\n')
})
afterAll(() => rmSync(folder, { recursive: true }))

async function send(options: object, what = delivery(), patience = 5_000): Promise<ActionResult> {
  const chosen = smtp.options.parse({
    type: 'smtp',
    host: 'localhost',
    from: 'tallyman@example.org',
    to: ['soc@example.org', 'night@example.org'],
    ...options,
  })
  const context = { signal: AbortSignal.timeout(patience), now: () => Date.UTC(2026, 10, 20, 10) }
  return smtp.check(chosen) ?? (await smtp.run(chosen, what, context))
}

describe('a mail sink', () => {
  it('logs in over STARTTLS and sends text and HTML, with the key in the Message-ID', async () => {
    const login = { user: 'tally', password: 'open sesame' }
    await using receiver = await smtpReceiver({ tls, login })
    const options = {
      port: receiver.port,
      caFile: authority.cert,
      user: 'tally',
      passwordFile: join(folder, 'password'),
    }
    expect(await send(options)).toEqual({ kind: 'done', reason: '250 2.0.0 taken' })
    const [mail] = receiver.received
    expect(mail).toMatchObject({
      from: 'tallyman@example.org',
      to: ['soc@example.org', 'night@example.org'],
      secure: true,
      user: 'tally',
    })
    expect(mail?.data).toContain(`Message-ID: <${'k'.repeat(32)}@example.org>`)
    expect(mail?.data).toContain('Subject: [Tallyman] high: A rule: web')
    expect(mail?.data).toContain('Content-Type: text/plain')
    expect(mail?.data).toContain('Content-Type: text/html')
  })

  it('sends nothing where TLS is not offered or not to be trusted', async () => {
    await using plain = await smtpReceiver()
    expect(await send({ port: plain.port })).toMatchObject({ kind: 'failed' })
    await using forged = await smtpReceiver({ tls })
    expect(await send({ port: forged.port })).toMatchObject({ kind: 'failed' })
    expect([...plain.received, ...forged.received]).toEqual([])
    expect(await send({ port: plain.port, tls: 'none' })).toMatchObject({ kind: 'done' })
    expect(
      smtp.options.safeParse({
        type: 'smtp',
        host: 'mail.example',
        tls: 'none',
        from: 'a@example.org',
        to: ['b@example.org'],
      }).success,
    ).toBe(false)
  })

  it('takes a wrong password as what can be mended, and says nothing of it', async () => {
    await using receiver = await smtpReceiver({ tls, login: { user: 'tally', password: 'another' } })
    const options = {
      port: receiver.port,
      caFile: authority.cert,
      user: 'tally',
      passwordFile: join(folder, 'password'),
    }
    const result = await send(options)
    expect(result).toMatchObject({ kind: 'failed', answered: true, reason: expect.stringContaining('535') })
    expect(JSON.stringify(result)).not.toContain('sesame')
  })

  it.each([
    ['550 5.1.1 nobody here', 'refused'],
    ['450 4.2.1 later', 'failed'],
  ])('takes %s for all receivers as %s', async (answer, kind) => {
    await using receiver = await smtpReceiver({
      answer: (line) => (line.startsWith('RCPT') ? answer : undefined),
    })
    expect(await send({ port: receiver.port, tls: 'none' })).toMatchObject({
      kind,
      reason: expect.stringContaining(answer),
    })
  })

  it('tries again for a receiver that was refused for now, and tells one that was refused for good', async () => {
    let answer = '450 4.2.1 later'
    await using receiver = await smtpReceiver({
      answer: (line) => (line.startsWith('RCPT TO:<night') ? answer : undefined),
    })
    const receivers = ['night@example.org']
    expect(await send({ port: receiver.port, tls: 'none' })).toMatchObject({ kind: 'failed', receivers })
    answer = '550 5.1.1 nobody here'
    expect(await send({ port: receiver.port, tls: 'none' })).toMatchObject({
      kind: 'done',
      warning: expect.stringContaining('nobody here'),
    })
  })

  it('mails those alone who did not get it, and still names all in its header', async () => {
    const answers: (string | undefined)[] = ['450 4.2.1 later', undefined, '550 5.1.1 nobody here']
    await using receiver = await smtpReceiver({
      answer: (line) => (line.startsWith('RCPT TO:<night') ? answers.shift() : undefined),
    })
    const rest = delivery({ receivers: ['night@example.org'] })
    const options = { port: receiver.port, tls: 'none' }
    expect(await send(options, rest)).toMatchObject({ kind: 'failed', receivers: ['night@example.org'] })
    expect(await send(options, rest)).toMatchObject({ kind: 'done' })
    expect(receiver.received.map(({ to }) => to)).toEqual([['night@example.org']])
    expect(receiver.received[0]?.data).toContain('To: soc@example.org, night@example.org')
    expect(await send(options, rest)).toMatchObject({
      kind: 'done',
      warning: expect.stringContaining('nobody here'),
    })
    expect(await send({ ...options, to: ['soc@example.org'] }, rest)).toMatchObject({ kind: 'done' })
    expect(receiver.received.length).toBe(1)
  })

  it('where all are refused, tries those again that were refused for now', async () => {
    await using receiver = await smtpReceiver({
      answer: (line) =>
        line.startsWith('RCPT TO:<night')
          ? '550 5.1.1 nobody here'
          : line.startsWith('RCPT')
            ? '450 later'
            : undefined,
    })
    expect(await send({ port: receiver.port, tls: 'none' })).toMatchObject({
      kind: 'failed',
      receivers: ['soc@example.org'],
    })
  })

  it.each(['554 5.7.1 spam', '452 4.3.1 full'])(
    'takes %s after the message as it is meant',
    async (answer) => {
      await using receiver = await smtpReceiver({ answer: (line) => (line === '.' ? answer : undefined) })
      const kind = answer.startsWith('5') ? 'refused' : 'failed'
      expect(await send({ port: receiver.port, tls: 'none' })).toMatchObject({ kind })
    },
  )

  it('waits no longer than it is given', async () => {
    await using receiver = await smtpReceiver({
      answer: (line) => (line.startsWith('EHLO') ? '' : undefined),
    })
    expect(await send({ port: receiver.port, tls: 'none' }, delivery(), 300)).toMatchObject({
      kind: 'failed',
    })
  })

  it('lets no name add a header, a line or markup', async () => {
    await using receiver = await smtpReceiver()
    const hostile = 'web\r\nBcc: evil@example.com\r\n\r\n<script>alert(1)</script>\n.\r\nQUIT'
    const alert = { ...aNotice().alert, rule: { id: 'r', title: hostile } }
    const notice = aNotice({ entity: { 'container.name': hostile }, alert })
    expect(await send({ port: receiver.port, tls: 'none' }, delivery({ notice }))).toMatchObject({
      kind: 'done',
    })
    const [mail] = receiver.received
    expect(receiver.received.length).toBe(1)
    expect(mail?.to).toEqual(['soc@example.org', 'night@example.org'])
    expect(mail?.data).not.toMatch(/^Bcc:/im)
    const [head = '', , html = ''] = (mail?.data ?? '').split(/^----_NmP.*$/m)
    expect([...head.matchAll(/^([\w-]+):/gm)].map(([, name]) => name)).toEqual([
      'X-Tallyman-Key',
      'Auto-Submitted',
      'From',
      'To',
      'Subject',
      'Message-ID',
      'Date',
      'MIME-Version',
      'Content-Type',
    ])
    expect(html).toContain('&lt;script&gt;')
    expect(html).not.toContain('<script>')
  })
})
