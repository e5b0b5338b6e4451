import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Totals } from '../src/store/store.ts'
import { eventually, startDaemon, type Daemon } from './daemon.ts'

const ID = 'c'.repeat(64)
const CREATED = Date.UTC(2026, 10, 20, 10) / 1000
const INSPECT = {
  Id: ID,
  Name: '/web',
  Created: '2026-11-20T10:00:00Z',
  Config: { Image: 'shop/web', Cmd: ['web'] },
  HostConfig: { NetworkMode: 'bridge' },
  NetworkSettings: { Networks: { bridge: { IPAddress: '198.18.0.2' } } },
}
const HEADER = [
  '#separator \\x09',
  '#set_separator\t,',
  '#empty_field\t(empty)',
  '#unset_field\t-',
  '#path\tssl',
  '#open\t2026-11-20-10-00-00',
  '#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tversion\tcipher\testablished',
  '#types\ttime\tstring\taddr\tport\taddr\tport\tstring\tstring\tbool',
  '',
].join('\n')

let folder: string
let logs: string
let daemon: Daemon
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-zeek-'))
  logs = join(folder, 'logs')
  mkdirSync(logs)
  writeFileSync(join(folder, 'containers.json'), `${JSON.stringify(INSPECT)}\n`)
  writeFileSync(
    join(folder, 'tallyman.yaml'),
    `inputs:
  - { type: file, name: containers, paths: [${join(folder, 'containers.json')}] }
  - { type: file, name: zeek, paths: [${logs}] }
`,
  )
})
afterEach(async () => {
  await daemon.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

function start(): Daemon {
  return startDaemon(join(folder, 'data'), join(folder, 'tallyman.yaml'))
}

/** A handshake of the container, `second` seconds after it was made. */
function row(second: number, version = 'TLSv12'): string {
  const cells = [
    '198.18.0.2',
    41_000 + second,
    '192.0.2.7',
    443,
    version,
    'TLS_RSA_WITH_AES_128_CBC_SHA',
    'T',
  ]
  return `${[`${CREATED + second}.250000`, `C${second}`, ...cells].join('\t')}\n`
}

/** The totals of the store once so many handshakes were evaluated. */
async function evaluated(handshakes: number): Promise<Totals> {
  await daemon.url()
  return eventually(
    async () => {
      // a daemon that is busy with its start may break a connection off
      const answer = await daemon.ask('/api/totals').catch(() => undefined)
      const totals = answer?.body as Totals | undefined
      return (totals?.sources['zeek.ssl'] ?? 0) >= handshakes ? totals : undefined
    },
    60_000,
    `${handshakes} handshakes`,
  )
}

it('follows Zeek’s tables through rotation, compression and a kill, each row once', async () => {
  const current = join(logs, 'ssl.log')
  writeFileSync(current, HEADER + row(1) + row(2, 'TLSv10'))
  daemon = start()
  await evaluated(2)

  // in the middle of a row, behind a header that will not come again
  const [whole, half] = [row(3), row(4)]
  appendFileSync(current, whole + half.slice(0, 20))
  await evaluated(3)
  await daemon.kill('SIGKILL')
  appendFileSync(current, half.slice(20) + row(5))
  daemon = start()
  await evaluated(5)

  // Zeek renames its log and begins another, whose first line is the same
  const rotated = join(logs, 'ssl.10:00:00-11:00:00.log')
  appendFileSync(current, `${row(6)}#close\t2026-11-20-11-00-00\n`)
  renameSync(current, rotated)
  writeFileSync(current, HEADER + row(7) + row(8))
  await evaluated(8)
  const content = HEADER + row(1) + row(2, 'TLSv10') + [3, 4, 5, 6].map((second) => row(second)).join('')
  writeFileSync(`${rotated}.gz`, gzipSync(`${content}#close\t2026-11-20-11-00-00\n`))
  rmSync(rotated)
  appendFileSync(current, row(9, 'TLSv11'))
  const totals = await evaluated(9)

  expect(totals).toMatchObject({ failed: 0, sources: { 'zeek.ssl': 9 } })
  const { body } = await daemon.ask('/api/alerts?strategy=t1600-weaken-encryption')
  const { items } = body as { items: readonly { readonly count: number; readonly entity: object }[] }
  expect(items.map(({ count, entity }) => [count, entity])).toEqual([
    [2, expect.objectContaining({ 'container.id': ID, 'container.name': 'web' })],
  ])
}, 240_000)
