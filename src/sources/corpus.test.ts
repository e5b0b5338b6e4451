import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createStreamDecoder, sources } from './index.ts'

const data = join(import.meta.dirname, '../../../shared/data')
const manifest = join(data, 'MANIFEST.tsv')
const present = existsSync(manifest)
if (!present) console.warn(`skipped: the sample corpus is not at ${data}`)

interface Row {
  readonly file: string
  readonly source: string
}

/** The sources that MANIFEST's names mean. Each of its names has to be here, or among those that are no telemetry. */
const OURS: Readonly<Record<string, readonly string[]>> = {
  k8s_audit: ['kubernetes.audit'],
  docker_events: ['docker.events'],
  docker_inspect: ['docker.inspect'],
  docker_stats: ['docker.stats'],
  podman_events: ['podman.events'],
  containerd_events: ['containerd.events'],
  falco: ['falco'],
  tetragon: ['tetragon'],
  tracee: ['tracee'],
  auditd: ['auditd'],
  laurel: ['laurel'],
  sysmon_linux: ['sysmon.linux'],
  kubearmor: ['kubearmor'],
  zeek: [
    'zeek.conn',
    'zeek.ssl',
    'zeek.x509',
    'zeek.dns',
    'zeek.http',
    'zeek.ssh',
    'zeek.files',
    'zeek.notice',
  ],
  suricata: ['suricata.eve'],
  hubble: ['hubble'],
  windows_sysmon: ['windows.sysmon', 'windows.security'],
  windows_otrf: ['windows.sysmon', 'windows.security'],
  macos: ['macos.unifiedlog'],
  aide: ['fim.aide'],
  fim_osquery: ['fim.osquery'],
  fim_wazuh: ['fim.wazuh'],
  fim_auditbeat: ['fim.auditbeat'],
  metrics_cadvisor: ['cadvisor'],
  metrics_prometheus: ['prometheus'],
  esxi: ['esxi'],
}
const NO_TELEMETRY = new Set(['ground_truth', 'ocsf', 'dockerd_log'])
/** Zeek's test suite keeps several of one log in one file. */
const ZEEK = /(?:__|_|\/)(?:conn|ssl|x509|dns|http|ssh|files|notice)(?:-\w+)?\.log$/
/** Not telemetry: rule tests that wrap records, other documents, and what is only named like a sample. */
const NOT_COUNTED =
  /\.(?:ini|ya?ml|py)$|kube-audit-rest\.log$|gcp_k8s_ioc_activity|docker_ps\.jsonl$|docker_containers_json\.json$|\.schema\.json$/

function rows(): readonly Row[] {
  const [, ...lines] = readFileSync(manifest, 'utf8').trimEnd().split('\n')
  return lines.map((line) => {
    const [file = '', source = ''] = line.split('\t')
    return { file, source }
  })
}

function isOurs({ file, source }: Row): boolean {
  return !NO_TELEMETRY.has(source) && !NOT_COUNTED.test(file)
}

function read(file: string, now?: () => number) {
  const decoder = createStreamDecoder(sources, file, undefined, now)
  const batch = decoder.push({ stream: file, offset: 0, bytes: readFileSync(join(data, file)), end: true })
  expect(batch.records).toBe(batch.items.length + batch.failures.length)
  return batch
}

describe.skipIf(!present)('other people’s recordings', () => {
  test('of each source that MANIFEST names are recognised as that, and evaluated but for 2 %', () => {
    const counts: Record<string, { records: number; refused: string[] }> = {}
    for (const { file, source } of rows().filter(isOurs)) {
      const expected = OURS[source]
      if (expected === undefined) expect.fail(`MANIFEST names ${source}, which is not known here: ${file}`)
      // scrapes, command lines and Zeek's own tests say no times: those of reading date them
      const batch = read(file, () => Date.UTC(2026, 10, 21))
      expect(batch.records, file).toBeGreaterThan(0)
      for (const item of batch.items) expect(expected, file).toContain(item.source)
      const count = (counts[source] ??= { records: 0, refused: [] })
      count.records += batch.records
      for (const failure of batch.failures)
        count.refused.push(`${file}@${failure.position}: ${failure.reason}`)
    }
    expect(Object.keys(counts).toSorted()).toEqual(Object.keys(OURS).toSorted())
    for (const [source, { records, refused }] of Object.entries(counts)) {
      if (refused.length > 0)
        console.info(`${source}: ${refused.length} of ${records} refused\n  ${refused.join('\n  ')}`)
      expect(refused.length / records, `${source}\n${refused.join('\n')}`).toBeLessThanOrEqual(0.02)
    }
  })

  test('of Zeek are evaluated in all of its spellings, to the last entry', () => {
    const counts: Record<string, number> = {}
    for (const { file } of rows().filter(({ source, file: name }) => source === 'zeek' && ZEEK.test(name))) {
      // its test suite blanks times out, so that the time of reading dates those entries
      const batch = read(file, () => Date.UTC(2026, 10, 21))
      expect(batch.failures, file).toEqual([])
      for (const { source } of batch.items) counts[source] = (counts[source] ?? 0) + 1
    }
    expect(counts).toEqual({
      'zeek.conn': 222,
      'zeek.dns': 66,
      'zeek.files': 69,
      'zeek.http': 92,
      'zeek.notice': 9,
      'zeek.ssl': 49,
      'zeek.x509': 4,
    })
  })

  test('of Tetragon, Tracee, auditd and Laurel are evaluated, and tell what processes did', () => {
    const counts: Record<string, number> = {}
    const categories: Record<string, number> = {}
    const refused: string[] = []
    const kernel = new Set(['tetragon', 'tracee', 'auditd', 'laurel'])
    for (const { file } of rows().filter((row) => isOurs(row) && kernel.has(row.source))) {
      const { items, completed, failures } = read(file)
      for (const { source } of items) counts[source] = (counts[source] ?? 0) + 1
      for (const { reason } of failures) refused.push(reason)
      const events = [
        ...items.flatMap(({ decoded }) => decoded.events),
        ...completed.flatMap((all) => all.events),
      ]
      for (const { source, logsource } of events) {
        const name = `${source} ${logsource.category ?? logsource.service ?? 'its own'}`
        categories[name] = (categories[name] ?? 0) + 1
      }
    }
    // one line that says `msg=?`, and one file that only describes others
    expect(refused).toEqual(['audit record without a time or a number', 'not a known format'])
    expect(counts).toEqual({ tetragon: 29, tracee: 17, auditd: 764, laurel: 18 })
    expect(categories).toEqual({
      'auditd auditd': 565,
      'auditd file_read': 1,
      'auditd kernel_call': 2,
      'auditd network_connection': 9,
      'auditd process_creation': 58,
      'laurel auditd': 51,
      'laurel kernel_call': 1,
      'laurel network_connection': 1,
      'laurel process_creation': 6,
      'tetragon file_event': 1,
      'tetragon file_read': 1,
      'tetragon its own': 8,
      'tetragon network_connection': 2,
      'tetragon network_listen': 1,
      'tetragon process_creation': 8,
      'tracee file_event': 2,
      'tracee file_read': 1,
      'tracee its own': 13,
      'tracee process_creation': 1,
    })
  })

  test('of Windows’ event log, and of Sysmon for Linux, are evaluated to the last record', () => {
    const counts: Record<string, number> = {}
    for (const { file } of rows().filter((row) => isOurs(row) && /^(?:windows|sysmon)_/.test(row.source))) {
      const batch = read(file)
      expect(batch.failures, file).toEqual([])
      for (const { source } of batch.items) counts[source] = (counts[source] ?? 0) + 1
    }
    expect(counts).toEqual({ 'windows.sysmon': 83, 'windows.security': 34, 'sysmon.linux': 18 })
  })

  test('of Windows in the form of Wazuh are evaluated, without its escapes', () => {
    const files = rows().filter(({ source, file }) => source === 'windows_sysmon' && file.endsWith('.ini'))
    const records = files.flatMap(({ file }) =>
      Array.from(
        readFileSync(join(data, file), 'utf8').matchAll(/^;?log \d+ \w+ *= *(\{.*\})\s*$/gm),
        ([, record]) => record,
      ),
    )
    expect(records.length).toBeGreaterThan(40)
    const bytes = Buffer.from(records.join('\n'))
    const batch = createStreamDecoder(sources, 'wazuh').push({ stream: 'wazuh', offset: 0, bytes, end: true })
    expect(batch.failures).toEqual([])
    for (const event of batch.items.flatMap(({ decoded }) => decoded.events)) {
      const { Message: _message, ...fields } = event.record as Readonly<Record<string, unknown>>
      expect(Object.values(fields).filter((value) => /\w\\\\|\\"/.test(String(value)))).toEqual([])
    }
  })

  test('of what is no telemetry are each refused by name, with one failure', () => {
    const guessed: string[] = []
    for (const { file } of rows().filter((row) => !isOurs(row))) {
      const batch = read(file)
      if (batch.items.length > 0 || batch.failures.length !== 1) {
        guessed.push(`${file}: ${batch.items.length} evaluated, ${batch.failures.length} failures`)
      }
    }
    expect(guessed).toEqual([])
  })
})
