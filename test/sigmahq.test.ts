import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { main } from '../src/cli/main.ts'
import type { AlertView } from '../src/domain/alert-view.ts'
import { compileRules } from '../src/sigma/sigma.ts'
import { createStreamDecoder, sources } from '../src/sources/index.ts'

const DATA = resolve(import.meta.dirname, '../../shared/data/sigma')
const present = existsSync(join(DATA, 'sigmahq-rules.tar.gz'))
if (!present) console.warn(`skipped: the public rules are not at ${DATA}`)

/** Requests to the Kubernetes API, by what each rule of the public collection is about. */
function audit(verb: string, objectRef: object, others: object = {}): object {
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    auditID: '0f0e0d0c-0000-4000-8000-000000000001',
    stage: 'ResponseComplete',
    stageTimestamp: '2026-11-20T10:00:00.000001Z',
    verb,
    user: { username: 'alice' },
    objectRef,
    responseStatus: { code: 200 },
    ...others,
  }
}

function pod(spec: object): object {
  return { requestObject: { kind: 'Pod', spec } }
}

function sensor(kind: string, others: object): object {
  const process = { pid: 7, user: 'root', executable: '/usr/bin/base64', args: ['base64', '-d', '/tmp/x'] }
  const time = '2026-11-20T10:00:00.000000Z'
  return { sensor: 1, run: 'r', seq: 1, time, kind, result: 0, process, ...others }
}

function zeek(path: string, others: object): object {
  const ends = { 'id.orig_h': '10.1.2.3', 'id.orig_p': 41_000, 'id.resp_h': '198.51.100.7', 'id.resp_p': 80 }
  return { _path: path, ts: 1_795_168_800.25, uid: 'C1', ...ends, ...others }
}

function windows(channel: string, provider: string, id: number, data: object, part = 'EventData'): object {
  const time = { '#attributes': { SystemTime: '2026-11-20T10:00:00.1234567Z' } }
  const system = { Provider: { '#attributes': { Name: provider } }, EventID: id, TimeCreated: time }
  return { Event: { System: { ...system, Channel: channel, Computer: 'ws-1' }, [part]: data } }
}

function sysmon(id: number, data: object): object {
  return windows('Microsoft-Windows-Sysmon/Operational', 'Microsoft-Windows-Sysmon', id, data)
}

const KUBERNETES = 'rules/application/kubernetes/audit/kubernetes_audit_'
const LINUX = 'rules/linux/'
const BUILTIN = 'rules/windows/builtin/'

/** A public rule, and a record of ours that it is for. */
const CASES: readonly (readonly [string, object | string])[] = [
  [
    `${KUBERNETES}change_admission_controller.yml`,
    audit('patch', { apiGroup: 'admissionregistration.k8s.io', resource: 'validatingwebhookconfigurations' }),
  ],
  [`${KUBERNETES}cronjob_modification.yml`, audit('create', { apiGroup: 'batch', resource: 'cronjobs' })],
  [`${KUBERNETES}deployment_deleted.yml`, audit('delete', { apiGroup: 'apps', resource: 'deployments' })],
  [`${KUBERNETES}events_deleted.yml`, audit('delete', { resource: 'events' })],
  [`${KUBERNETES}exec_into_container.yml`, audit('create', { resource: 'pods', subresource: 'exec' })],
  [
    `${KUBERNETES}hostpath_mount.yml`,
    audit('create', { resource: 'pods' }, pod({ volumes: [{ name: 'a', hostPath: { path: '/' } }] })),
  ],
  [
    `${KUBERNETES}pod_in_system_namespace.yml`,
    audit('create', { resource: 'pods', namespace: 'kube-system' }),
  ],
  [
    `${KUBERNETES}privileged_pod_creation.yml`,
    audit(
      'create',
      { resource: 'pods' },
      pod({ containers: [{ name: 'a', securityContext: { capabilities: { add: ['SYS_ADMIN'] } } }] }),
    ),
  ],
  [
    `${KUBERNETES}rbac_permisions_listing.yml`,
    audit('create', { apiGroup: 'authorization.k8s.io', resource: 'selfsubjectrulesreviews' }),
  ],
  [
    `${KUBERNETES}rolebinding_modification.yml`,
    audit('create', { apiGroup: 'rbac.authorization.k8s.io', resource: 'clusterrolebindings' }),
  ],
  [`${KUBERNETES}secrets_enumeration.yml`, audit('list', { resource: 'secrets' })],
  [`${KUBERNETES}secrets_modified_or_deleted.yml`, audit('delete', { resource: 'secrets' })],
  [`${KUBERNETES}serviceaccount_creation.yml`, audit('create', { resource: 'serviceaccounts' })],
  [`${KUBERNETES}sidecar_injection.yml`, audit('patch', { apiGroup: 'apps', resource: 'deployments' })],
  [
    `${KUBERNETES}unauthorized_unauthenticated_actions.yml`,
    audit('get', { resource: 'pods' }, { responseStatus: { code: 403 } }),
  ],

  [
    'rules/network/zeek/zeek_default_cobalt_strike_certificate.yml',
    zeek('x509', { id: 'F1', 'certificate.version': 3, 'certificate.serial': '8BB00EE' }),
  ],
  [
    'rules/network/zeek/zeek_dns_mining_pools.yml',
    zeek('dns', {
      proto: 'udp',
      trans_id: 1,
      query: 'a.minexmr.com',
      answers: ['198.51.100.7'],
      rejected: false,
    }),
  ],
  [
    'rules/network/dns/net_dns_susp_telegram_api.yml',
    zeek('dns', { proto: 'udp', trans_id: 1, query: 'api.telegram.org' }),
  ],
  [
    'rules/network/dns/net_dns_susp_telegram_api.yml',
    sysmon(22, { QueryName: 'api.telegram.org', Image: 'C:\\x.exe' }),
  ],
  [
    'rules/web/proxy_generic/proxy_ua_cryptominer.yml',
    zeek('http', { trans_depth: 1, method: 'GET', uri: '/', user_agent: 'XMRig 6' }),
  ],
  [
    'rules/web/webserver_generic/web_path_traversal_exploitation_attempt.yml',
    zeek('http', { trans_depth: 1, method: 'GET', uri: '/a?f=../../../etc/passwd' }),
  ],

  [`${LINUX}process_creation/proc_creation_lnx_base64_decode.yml`, sensor('exec', {})],
  [
    `${LINUX}process_creation/proc_creation_lnx_base64_decode.yml`,
    'Nov 20 10:00:00 n sysmon: <Event><System><Provider Name="Linux-Sysmon"/><EventID>1</EventID><TimeCreated SystemTime="2026-11-20T10:00:00.1Z"/><Channel>Linux-Sysmon/Operational</Channel></System><EventData><Data Name="Image">/usr/bin/base64</Data><Data Name="CommandLine">base64 -d</Data></EventData></Event>',
  ],
  [
    `${LINUX}file_event/file_event_lnx_persistence_sudoers_files.yml`,
    sensor('write', { path: '/etc/sudoers.d/x' }),
  ],
  [
    `${LINUX}network_connection/net_connection_lnx_susp_malware_callback_port.yml`,
    sensor('connect', { protocol: 'tcp', address: '198.51.100.7', port: 4444 }),
  ],
  [
    `${LINUX}network_connection/net_connection_lnx_susp_malware_callback_port.yml`,
    zeek('conn', { proto: 'tcp', conn_state: 'SF', 'id.resp_p': 4444 }),
  ],

  [
    `${BUILTIN}security/account_management/win_security_access_token_abuse.yml`,
    windows('Security', 'Microsoft-Windows-Security-Auditing', 4624, {
      LogonType: 9,
      LogonProcessName: 'Advapi',
      AuthenticationPackageName: 'Negotiate',
      ImpersonationLevel: '%%1833',
    }),
  ],
  [
    `${BUILTIN}security/win_security_audit_log_cleared.yml`,
    windows(
      'Security',
      'Microsoft-Windows-Eventlog',
      1102,
      { LogFileCleared: { SubjectUserName: 'mara' } },
      'UserData',
    ),
  ],
  [
    `${BUILTIN}taskscheduler/win_taskscheduler_lolbin_execution_via_task_scheduler.yml`,
    windows('Microsoft-Windows-TaskScheduler/Operational', 'Microsoft-Windows-TaskScheduler', 129, {
      TaskName: '\\x',
      Path: 'C:\\Windows\\System32\\mshta.exe',
    }),
  ],
  [
    `${BUILTIN}wmi/win_wmi_persistence.yml`,
    windows(
      'Microsoft-Windows-WMI-Activity/Operational',
      'Microsoft-Windows-WMI-Activity',
      5861,
      { Operation_ESStoConsumerBinding: { CONSUMER: 'CommandLineEventConsumer="x"' } },
      'UserData',
    ),
  ],
  [
    `${BUILTIN}bits_client/win_bits_client_new_transfer_via_uncommon_tld.yml`,
    windows('Microsoft-Windows-Bits-Client/Operational', 'Microsoft-Windows-Bits-Client', 16403, {
      RemoteName: 'http://x.example/a',
    }),
  ],
  [
    `${BUILTIN}firewall_as/win_firewall_as_add_rule_susp_folder.yml`,
    windows(
      'Microsoft-Windows-Windows Firewall With Advanced Security/Firewall',
      'Microsoft-Windows-Windows Firewall With Advanced Security',
      2004,
      { ApplicationPath: 'C:\\Users\\Public\\x.exe', Action: 3 },
    ),
  ],
  [
    'rules/category/antivirus/av_hacktool.yml',
    windows('Microsoft-Windows-Windows Defender/Operational', 'Microsoft-Windows-Windows Defender', 1116, {
      'Threat Name': 'HackTool:Win32/Mimikatz',
    }),
  ],
  [
    'rules/windows/pipe_created/pipe_created_hktl_cobaltstrike.yml',
    sysmon(17, { EventType: 'CreatePipe', PipeName: '\\msagent_17' }),
  ],
]

interface RegressionCase {
  readonly rule: string
  readonly rule_id: string
  readonly events: string
  readonly expected_matches: number
}

describe.skipIf(!present)('the public rules', () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tallyman-sigmahq-'))
    execFileSync('tar', ['xzf', join(DATA, 'sigmahq-rules.tar.gz'), '-C', folder])
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it.each(CASES)('%s fires on a record of the source that serves it', (rule, record) => {
    const text = readFileSync(join(folder, rule), 'utf8')
    const { ruleset, refused } = compileRules([{ file: rule, text, line: 1, strategy: 'sigma' }], {
      lists: new Map(),
    })
    expect(refused).toEqual([])
    const bytes = Buffer.from(`${typeof record === 'string' ? record : JSON.stringify(record)}\n`)
    const { items, failures } = createStreamDecoder(sources, 's').push({
      stream: 's',
      offset: 0,
      bytes,
      end: true,
    })
    expect(failures).toEqual([])
    const fired = items
      .flatMap(({ decoded }) => decoded.events)
      .filter((event) => ruleset.match(event).length > 0)
    expect(fired.length).toBe(1)
  })

  it('fire in a scan of all of their recorded events, each at least as often as is expected', async () => {
    const cases = JSON.parse(
      readFileSync(join(DATA, 'regression/manifest.json'), 'utf8'),
    ) as readonly RegressionCase[]
    const rules = join(folder, 'chosen')
    mkdirSync(rules)
    for (const { rule } of cases) cpSync(join(folder, rule), join(rules, basename(rule)))
    const files = cases.map(({ events }) => join(DATA, 'regression', events))
    let [out, err] = ['', '']
    const output = {
      out: (text: string) => void (out += text),
      err: (text: string) => void (err += text),
      terminal: false,
    }
    await main(
      ['scan', '--no-strategies', '--rules', rules, '--min-level', 'informational', ...files],
      output,
    )
    const alerts = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as AlertView)
    const counts = new Map<string, number>()
    for (const { rule, count } of alerts) counts.set(rule.id, (counts.get(rule.id) ?? 0) + count)
    // one record stands in two of the sets
    expect(err).toMatch(/^122 records: 121 evaluated, 0 failed, 1 duplicate/)
    expect(err).toMatch(/rules: 104 loaded\n/)
    expect(cases.filter((each) => (counts.get(each.rule_id) ?? 0) < each.expected_matches)).toEqual([])
  })
})
