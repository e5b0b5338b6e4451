import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { webhook } from '../src/actions/webhook.ts'
import { parseConfig } from '../src/config/load-config.ts'
import { aNotice } from './notices.ts'
import { httpReceiver } from './receivers.ts'

const PAGE = readFileSync(resolve(import.meta.dirname, '../docs/notify.md'), 'utf8')
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-notify-docs-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function block(language: string): string {
  const found = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'm').exec(PAGE)?.[1]
  if (found === undefined) throw new Error(`no ${language} in docs/notify.md`)
  return found
}

it('the configuration of the page is one', () => {
  const { config, problems } = parseConfig(join(folder, 'tallyman.yaml'), block('yaml'))
  expect(problems).toEqual([])
  expect(config?.notify.map(({ name }) => name)).toEqual(['soc', 'chat', 'siem', 'mail'])
  expect(config?.notify[0]).toMatchObject({ secretFile: join(folder, 'secrets/soc') })
})

it('the receiver of the page takes what is signed, once, and nothing else', async () => {
  const file = join(folder, 'receiver.mjs')
  writeFileSync(file, block('js'))
  const { accept } = (await import(pathToFileURL(file).href)) as {
    accept: (headers: object, body: string, secret: string, now?: number) => boolean
  }
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
  const other = `whsec_${Buffer.alloc(32, 8).toString('base64')}`
  writeFileSync(join(folder, 'secret'), `${other}\n${secret}\n`)
  await using receiver = await httpReceiver()
  const options = webhook.options.parse({
    type: 'webhook',
    url: `http://127.0.0.1:${receiver.port}/`,
    secretFile: join(folder, 'secret'),
  })
  const delivery = { key: 'k'.repeat(32), notice: aNotice(), console: 'https://tally.example' }
  await webhook.run(options, delivery, { signal: AbortSignal.timeout(5_000), now: Date.now })
  const [got] = receiver.received
  if (got === undefined) throw new Error('nothing came')
  const { headers, body } = got
  expect(accept(headers, body.replace('web', 'wab'), secret)).toBe(false)
  expect(accept(headers, body, `whsec_${Buffer.alloc(32, 9).toString('base64')}`)).toBe(false)
  expect(accept(headers, body, secret, Date.now() + 600_000)).toBe(false)
  expect(accept({ ...headers, 'webhook-signature': '' }, body, secret)).toBe(false)
  expect(accept(headers, body, secret)).toBe(true)
  expect(accept(headers, body, secret)).toBe(false)
})
