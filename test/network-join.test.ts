import { execFile } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

const fixtures = resolve(import.meta.dirname, '../src/sources/fixtures')
const SERVER = '8e2c6f1b9d20'.padEnd(64, '0')
const CLIENT = '3f1b5d0a7c11'.padEnd(64, '0')
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-join-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** A container on a bridge, as its engine describes it, running since before the recording. */
function inspected(id: string, name: string, address: string): unknown {
  return {
    Id: id,
    Name: `/${name}`,
    Created: '2026-11-21T17:00:00Z',
    Image: `sha256:${'ab'.repeat(32)}`,
    State: { Status: 'running', Running: true, Pid: 42, StartedAt: '2026-11-21T17:00:01Z' },
    Config: { Image: 'registry.example/shop/web:1.2', Cmd: ['serve'], Env: [] },
    HostConfig: { NetworkMode: 'shop', Privileged: false },
    Mounts: [],
    NetworkSettings: { Networks: { shop: { IPAddress: address } } },
  }
}

interface Told {
  readonly rule: { readonly title: string }
  readonly entity: { readonly 'container.name'?: string }
  readonly count: number
}

async function scanned(): Promise<readonly (readonly unknown[])[]> {
  const containers = [inspected(SERVER, 'db', '198.18.7.3'), inspected(CLIENT, 'web', '198.18.7.2')]
  writeFileSync(join(folder, 'containers.json'), JSON.stringify(containers))
  const out = await new Promise<string>((done, fail) => {
    const program = resolve(import.meta.dirname, '../bin/tallyman')
    // the exit code 1 says that there are alerts
    execFile(program, ['scan', folder, '--json'], { cwd: folder }, (error, stdout) =>
      error !== null && error.code !== 1 ? fail(error) : done(stdout),
    )
  })
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Told)
    .map(({ rule, entity, count }) => [rule.title, entity['container.name'], count])
}

/** What the strategies make of the same packets; the client is a container, so that it happened to the client. */
const TOLD = [
  ['TLS session of a container with an outdated version or a weak cipher', 'web', 2],
  ['TLS session of a container that protects nothing', 'web', 1],
  ['Container serves TLS with a self-signed certificate', 'web', 3],
  ["Container uses a certificate that was made with a tool's own words", 'web', 3],
]

test.each([
  ['Suricata', 'suricata.eve/recorded.json'],
  ['tshark', 'tshark/recorded-fields.jsonl'],
])('what %s heard is told of the containers at both ends, by their addresses', async (_sensor, fixture) => {
  copyFileSync(join(fixtures, fixture), join(folder, 'heard.json'))
  expect(new Set(await scanned())).toEqual(new Set(TOLD))
})

test('what AIDE found is told of the host', async () => {
  copyFileSync(join(fixtures, 'fim.aide/recorded.json'), join(folder, 'aide.json'))
  const bytes = readFileSync(join(folder, 'aide.json'), 'utf8').replaceAll('/srv/tree', '')
  writeFileSync(join(folder, 'aide.json'), bytes)
  expect(new Set(await scanned())).toEqual(
    new Set([
      ['Cryptographic settings found changed by a check of file integrity', undefined, 1],
      ['Trust store found changed by a check of file integrity', undefined, 2],
      ['Banner or background of a host found changed by a check of file integrity', undefined, 1],
    ]),
  )
})
