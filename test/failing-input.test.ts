import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { StatusView } from '../src/daemon/status.ts'
import { podCreated } from './audit.ts'
import { eventually, startDaemon, type Daemon } from './daemon.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-failing-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

it('an input that cannot be read is told and tried again, while the others go on', async () => {
  const [good, late] = [join(folder, 'good.log'), join(folder, 'late')]
  const pod = (name: string): string =>
    `${podCreated({ name, auditID: name, time: 1_795_200_000_000, privileged: true })}\n`
  writeFileSync(good, pod('good'))
  const config = join(folder, 'tallyman.yaml')
  writeFileSync(
    config,
    `inputs:\n  - { type: file, name: late, paths: [${late}] }\n  - { type: file, name: good, paths: [${good}] }\n`,
  )
  const daemon = startDaemon(join(folder, 'data'), config)
  try {
    await daemon.url()
    const failed = await untilState(daemon, 'late', 'failed')
    expect(failed.error).toEqual({
      message: `no file or folder at ${late}`,
      mend: 'name an existing file or folder',
    })
    expect(await untilState(daemon, 'good', 'reading')).toMatchObject({ records: 1 })

    mkdirSync(late)
    writeFileSync(join(late, 'audit.log'), pod('late'))
    const read = await untilState(daemon, 'late', 'reading')
    expect(read).toMatchObject({ records: 1, failed: 0 })
    expect(read).not.toHaveProperty('error')
    const [gap] = read.gaps
    expect(read.gaps).toHaveLength(1)
    expect(gap).toMatchObject({ kind: 'unobserved-interval', about: 'late' })
    // the interval ends when it is read again
    expect(Date.parse(gap?.until ?? '') - Date.parse(gap?.since ?? '')).toBeGreaterThanOrEqual(900)
    const { body } = await daemon.ask('/api/findings')
    expect(JSON.stringify(body)).toContain(`no file or folder at ${late}`)
  } finally {
    expect(await daemon.kill('SIGTERM')).toBe(0)
  }
  expect(daemon.printed().match(/no file or folder/g)).toHaveLength(1)
})

async function untilState(
  daemon: Daemon,
  name: string,
  state: string,
): Promise<StatusView['inputs'][number]> {
  return eventually(async () => {
    const { body } = await daemon.ask('/api/status')
    return (body as StatusView).inputs.find((input) => input.name === name && input.state === state)
  })
}
