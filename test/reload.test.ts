import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { eventually, startDaemon, type Daemon } from './daemon.ts'

const LAUNCHER = resolve(import.meta.dirname, '../bin/tallyman')
const DIGEST = `sha256:${'a'.repeat(64)}`
let folder: string
let data: string
let config: string
let list: string
let daemon: Daemon
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-reload-'))
  data = join(folder, 'data')
  config = join(folder, 'tallyman.yaml')
  list = join(data, 'site/lists/approvedImages.yaml')
  mkdirSync(join(folder, 'logs'))
  writeFileSync(config, `inputs:\n  - { type: file, name: audit, paths: [${join(folder, 'logs')}] }\n`)
  daemon = startDaemon(data, config)
  await daemon.url()
})
afterEach(async () => {
  await daemon.kill('SIGTERM')
  rmSync(folder, { recursive: true, force: true })
})

async function tallyman(...words: string[]): Promise<{ exit: number; out: string; err: string }> {
  const child = spawn(LAUNCHER, [...words, '--config', config, '--data', data], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (out += String(chunk)))
  child.stderr.on('data', (chunk: Buffer) => (err += String(chunk)))
  const [exit] = (await once(child, 'close')) as [number]
  return { exit, out, err }
}

const write = (value: string): void =>
  writeFileSync(list, `owner: platform\nreason: ours\nvalues: ['${value}']\n`)
const isUnset = async (): Promise<boolean> => {
  const { body } = await daemon.ask('/api/limits')
  return (body as { items: { about: string }[] }).items.some(({ about }) => about === 'approvedImages')
}
const said = (words: RegExp): Promise<true> =>
  eventually(() => words.test(daemon.printed()) || undefined, 60_000, String(words))

it(
  'a list that is written, broken and removed while the daemon runs: it says so, and what was in force stays',
  { timeout: 180_000 },
  async () => {
    expect(await isUnset()).toBe(true)
    write(DIGEST)
    await said(
      /approvedImages\.yaml changed, read again: \d+ rules of \d+ strategies loaded; lists set: approvedImages\n/,
    )
    expect(await isUnset()).toBe(false)

    write('test/busybox')
    await said(
      /refused: [^\n]*approvedImages\.yaml:3:\d+: [^\n]*can never match[^\n]*mend: [^\n]*stays in force/,
    )
    expect(await isUnset()).toBe(false)
    const doctor = await tallyman('doctor')
    expect(doctor.exit).toBe(1)
    expect(doctor.err).toContain('in force in the daemon')
    const told = doctor.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { about: string; kind: string })
    expect(told.filter(({ about }) => about.includes('approvedImages'))).toEqual([
      expect.objectContaining({ kind: 'refused', about: `${list}:3`, severity: 'error' }),
    ])
    const again = await tallyman('reload')
    expect(again).toMatchObject({
      exit: 1,
      err: expect.stringMatching(/approvedImages\.yaml:3:[\s\S]*lists set: approvedImages/),
    })

    rmSync(list)
    await eventually(async () => (await isUnset()) || undefined, 60_000)
    await said(/approvedImages\.yaml deleted, read again: /)
    expect(await tallyman('reload')).toMatchObject({
      exit: 0,
      err: expect.stringContaining('no list is set'),
    })
  },
)

it(
  'without a daemon there is nothing to read again, and doctor looks at the disk',
  { timeout: 120_000 },
  async () => {
    await daemon.kill('SIGTERM')
    expect(await tallyman('reload')).toMatchObject({
      exit: 2,
      err: expect.stringContaining('no daemon runs'),
    })
    write(DIGEST)
    const { err, out } = await tallyman('doctor')
    expect(err).toContain('what the disk holds')
    expect(out).not.toContain('approvedImages')
  },
)
