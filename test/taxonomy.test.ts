import { describe, expect, it } from 'vitest'
import { compileRules } from '../src/sigma/sigma.ts'
import { createStreamDecoder, sources } from '../src/sources/index.ts'

/** A record each of what sources read, as their producers write it. */
const RECORDS = {
  audit: {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    auditID: '0f0e0d0c-0000-4000-8000-000000000001',
    stage: 'ResponseComplete',
    level: 'RequestResponse',
    stageTimestamp: '2026-11-20T10:00:00.000001Z',
    requestURI: '/api/v1/namespaces/shop/pods',
    verb: 'create',
    user: { username: 'alice', groups: ['system:authenticated'] },
    sourceIPs: ['10.1.2.3'],
    userAgent: 'kubectl/v1.31.0',
    objectRef: { resource: 'pods', namespace: 'shop', name: 'x', apiVersion: 'v1' },
    responseStatus: { code: 201 },
    requestObject: {
      kind: 'Pod',
      spec: {
        volumes: [
          { name: 'a', emptyDir: {} },
          { name: 'b', hostPath: { path: '/etc' } },
        ],
        containers: [{ name: 'x', image: 'x', securityContext: { capabilities: { add: ['SYS_ADMIN'] } } }],
      },
    },
  },
  review: {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    auditID: '0f0e0d0c-0000-4000-8000-000000000002',
    stage: 'ResponseComplete',
    level: 'Metadata',
    stageTimestamp: '2026-11-20T10:00:00.000001Z',
    requestURI: '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews',
    verb: 'create',
    user: { username: 'alice' },
    objectRef: { resource: 'selfsubjectrulesreviews', apiGroup: 'authorization.k8s.io', apiVersion: 'v1' },
    responseStatus: { code: 201 },
  },
  falco: {
    time: '2026-11-20T10:00:00.000000001Z',
    rule: 'Terminal shell in container',
    priority: 'Notice',
    output: 'a shell',
    output_fields: { 'proc.name': 'sh', 'proc.cmdline': 'sh -i', 'container.id': 'c0ffee000000' },
  },
  sensor: {
    sensor: 1,
    run: 'r',
    seq: 1,
    time: '2026-11-20T10:00:00.000000Z',
    kind: 'exec',
    result: 0,
    process: { pid: 7, ppid: 6, user: 'root', executable: '/usr/bin/base64', args: ['base64', '-d'] },
    parent: { executable: '/usr/bin/dash', args: ['sh', '-c', 'base64 -d'] },
  },
  write: {
    sensor: 1,
    run: 'r',
    seq: 2,
    time: '2026-11-20T10:00:00.000000Z',
    kind: 'write',
    path: '/etc/cron.d/x',
    flags: ['O_WRONLY', 'O_CREAT'],
    result: 3,
    process: { pid: 7, user: 'root', executable: '/usr/bin/tee', args: ['tee', '/etc/cron.d/x'] },
  },
  connect: {
    sensor: 1,
    run: 'r',
    seq: 3,
    time: '2026-11-20T10:00:00.000000Z',
    kind: 'connect',
    protocol: 'tcp',
    address: '198.51.100.7',
    port: 4444,
    result: 0,
    process: { pid: 7, user: 'root', executable: '/usr/bin/nc', args: ['nc', '198.51.100.7', '4444'] },
  },
  tetragon: {
    process_exec: {
      process: {
        exec_id: 'bm9kZS0xOjE6Nw==',
        pid: 7,
        uid: 0,
        cwd: '/',
        binary: '/usr/bin/base64',
        arguments: '-d /tmp/x',
        start_time: '2026-11-20T10:00:00.000000001Z',
      },
      parent: { exec_id: 'bm9kZS0xOjE6Ng==', pid: 6, uid: 0, binary: '/usr/bin/dash', arguments: '-c x' },
    },
    node_name: 'node-1',
    time: '2026-11-20T10:00:00.000000001Z',
  },
  auditd: [
    'SYSCALL msg=audit(1795168800.101:3): arch=c000003e syscall=59 success=yes exit=0 a0=5 a1=6 a2=7 a3=0 items=1 ppid=6 pid=7 auid=0 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=pts0 ses=1 comm="base64" exe="/usr/bin/base64" key="exec"',
    'EXECVE msg=audit(1795168800.101:3): argc=2 a0="base64" a1="-d"',
    'PATH msg=audit(1795168800.101:3): item=0 name="/usr/bin/base64" inode=1 dev=00:32 mode=0100755 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL',
    'PROCTITLE msg=audit(1795168800.101:3): proctitle=626173653634002D64',
    'EOE msg=audit(1795168800.101:3): ',
  ]
    .map((line) => `type=${line}`)
    .join('\n'),
  laurel: {
    ID: '1795168800.102:4',
    NODE: 'node-1',
    SYSCALL: {
      arch: '0xc000003e',
      syscall: 59,
      success: 'yes',
      exit: 0,
      ppid: 6,
      pid: 7,
      uid: 0,
      comm: 'base64',
      exe: '/usr/bin/base64',
      SYSCALL: 'execve',
      UID: 'root',
      ARGV: ['0x5', '0x6'],
    },
    EXECVE: { argc: 2, ARGV: ['base64', '-d'] },
    PATH: [{ item: 0, name: '/usr/bin/base64', nametype: 'NORMAL' }],
  },
  flow: {
    timestamp: '2026-11-20T10:00:00.000001+0000',
    flow_id: 1_899_527_106_618_110,
    event_type: 'flow',
    src_ip: '10.1.2.3',
    src_port: 41_005,
    dest_ip: '198.51.100.7',
    dest_port: 4444,
    proto: 'TCP',
    flow: { pkts_toserver: 8, pkts_toclient: 7, start: '2026-11-20T10:00:00.000001+0000', state: 'closed' },
  },
  hubble: {
    flow: {
      time: '2026-11-20T10:00:00.1Z',
      verdict: 'FORWARDED',
      IP: { source: '10.1.2.3', destination: '198.51.100.7', ipVersion: 'IPv4' },
      l4: { TCP: { source_port: 41_006, destination_port: 4444, flags: { SYN: true } } },
      source: { namespace: 'shop', pod_name: 'cart-1' },
      Type: 'L3_L4',
      node_name: 'node-1',
      is_reply: false,
      traffic_direction: 'EGRESS',
    },
    node_name: 'node-1',
    time: '2026-11-20T10:00:00.1Z',
  },
  cloud: {
    eventVersion: '1.09',
    eventID: '0f0e0d0c-0000-4000-8000-000000000004',
    eventTime: '2026-11-20T10:00:00Z',
    eventSource: 'ecs.amazonaws.com',
    eventName: 'RegisterTaskDefinition',
    awsRegion: 'eu-central-1',
    sourceIPAddress: '198.51.100.9',
    userIdentity: { type: 'IAMUser', userName: 'mara' },
    requestParameters: { family: 'x' },
  },
  conn: {
    _path: 'conn',
    ts: 1_795_168_800.25,
    uid: 'C1',
    'id.orig_h': '10.1.2.3',
    'id.orig_p': 41_002,
    'id.resp_h': '198.51.100.7',
    'id.resp_p': 4444,
    proto: 'tcp',
    service: 'ssl',
    duration: 1.5,
    orig_bytes: 517,
    conn_state: 'SF',
  },
  certificate: {
    _path: 'x509',
    ts: 1_795_168_800.25,
    id: 'F1',
    'certificate.version': 3,
    'certificate.serial': '8BB00EE',
    'certificate.subject': 'CN=x',
    'certificate.issuer': 'CN=x',
  },
  query: {
    _path: 'dns',
    ts: 1_795_168_800.25,
    uid: 'C2',
    'id.orig_h': '10.1.2.3',
    'id.orig_p': 41_003,
    'id.resp_h': '10.1.2.1',
    'id.resp_p': 53,
    proto: 'udp',
    trans_id: 1,
    query: 'xmr.pool.example.org',
    qtype: 1,
    qtype_name: 'A',
    rcode_name: 'NOERROR',
    answers: ['198.51.100.7'],
    rejected: false,
  },
  request: {
    _path: 'http',
    ts: 1_795_168_800.25,
    uid: 'C3',
    'id.orig_h': '10.1.2.3',
    'id.orig_p': 41_004,
    'id.resp_h': '10.1.2.9',
    'id.resp_p': 80,
    trans_depth: 1,
    method: 'GET',
    host: 'shop.example',
    uri: '/a.php?file=../../../etc/passwd',
    user_agent: 'XMRig 6',
    status_code: 200,
  },
  linux: sysmonLinux(1, {
    Image: '/usr/bin/base64',
    CommandLine: 'base64 -d',
    User: 'root',
    ParentImage: '/usr/bin/dash',
  }),
  linuxWrite: sysmonLinux(11, { Image: '/usr/bin/tee', TargetFilename: '/etc/cron.d/x', User: 'root' }),
  linuxConnect: sysmonLinux(3, {
    Image: '/usr/bin/nc',
    Initiated: 'true',
    Protocol: 'tcp',
    DestinationIp: '198.51.100.7',
    DestinationPort: '4444',
  }),
  started: sysmon(1, {
    Image: 'C:\\Windows\\System32\\net1.exe',
    CommandLine: 'net1 user a /add',
    User: 'CORP\\mara',
    Hashes: 'MD5=0123456789ABCDEF0123456789ABCDEF',
  }),
  created: log('Security', 'Microsoft-Windows-Security-Auditing', 4688, {
    NewProcessName: 'C:\\Windows\\System32\\net1.exe',
    CommandLine: 'net1 user a /add',
    SubjectUserName: 'mara',
    SubjectDomainName: 'CORP',
  }),
  set: sysmon(13, {
    EventType: 'SetValue',
    Image: 'C:\\x.exe',
    TargetObject: 'HKLM\\System\\CurrentControlSet\\Control\\Lsa\\RunAsPPL',
    Details: 'DWORD (0x00000000)',
  }),
  changed: log('Security', 'Microsoft-Windows-Security-Auditing', 4657, {
    ObjectName: '\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Control\\Lsa',
    ObjectValueName: 'RunAsPPL',
    OperationType: '%%1905',
    NewValueType: '%%1876',
    NewValue: '0',
    ProcessName: 'C:\\x.exe',
  }),
  keyDeleted: sysmon(12, {
    EventType: 'DeleteKey',
    Image: 'C:\\x.exe',
    TargetObject: 'HKLM\\System\\CurrentControlSet\\Services\\x',
  }),
  asked: sysmon(22, { Image: 'C:\\x.exe', QueryName: 'xmr.pool.example.org', QueryResults: '198.51.100.7;' }),
  connected: sysmon(3, {
    Image: 'C:\\x.exe',
    Initiated: 'true',
    Protocol: 'tcp',
    DestinationIp: '198.51.100.7',
    DestinationPort: '4444',
  }),
  allowed: log('Security', 'Microsoft-Windows-Security-Auditing', 5156, {
    Application: '\\device\\harddiskvolume1\\x.exe',
    Direction: '%%14593',
    DestAddress: '198.51.100.7',
    DestPort: '4444',
    Protocol: 6,
  }),
  removed: sysmon(26, { Image: 'C:\\x.exe', TargetFilename: 'C:\\backup.vhd' }),
  script: log('Microsoft-Windows-PowerShell/Operational', 'Microsoft-Windows-PowerShell', 4104, {
    ScriptBlockText: 'IEX (iwr x)',
  }),
  classic: log('Windows PowerShell', 'PowerShell', 400, {
    Data: ['Available', 'HostApplication=powershell -w hidden'],
  }),
  service: log('System', 'Service Control Manager', 7045, { ServiceName: 'x', ImagePath: '%COMSPEC% /c x' }),
  task: log('Microsoft-Windows-TaskScheduler/Operational', 'Microsoft-Windows-TaskScheduler', 129, {
    TaskName: '\\x',
    Path: 'C:\\Users\\Public\\x.exe',
  }),
  malware: log('Microsoft-Windows-Windows Defender/Operational', 'Microsoft-Windows-Windows Defender', 1116, {
    'Threat Name': 'HackTool:Win32/Mimikatz',
    Path: 'file:_C:\\x.exe',
  }),
} satisfies Readonly<Record<string, unknown>>
type Name = keyof typeof RECORDS

function log(channel: string, provider: string, id: number, data: object): unknown {
  return {
    Event: {
      System: {
        Provider: { '#attributes': { Name: provider } },
        EventID: id,
        TimeCreated: { '#attributes': { SystemTime: '2026-11-20T10:00:00.1234567Z' } },
        Channel: channel,
        Computer: 'ws-1',
      },
      EventData: data,
    },
  }
}

function sysmon(id: number, data: object): unknown {
  return log('Microsoft-Windows-Sysmon/Operational', 'Microsoft-Windows-Sysmon', id, data)
}

function sysmonLinux(id: number, data: Readonly<Record<string, string>>): string {
  const fields = Object.entries(data).map(([name, value]) => `<Data Name="${name}">${value}</Data>`)
  return (
    `Nov 20 10:00:00 node-1 sysmon: <Event><System><Provider Name="Linux-Sysmon"/><EventID>${id}</EventID>` +
    '<TimeCreated SystemTime="2026-11-20T10:00:00.000001000Z"/><Channel>Linux-Sysmon/Operational</Channel>' +
    `<Computer>node-1</Computer></System><EventData>${fields.join('')}</EventData></Event>`
  )
}

/** A rule's log source and detection in SigmaHQ's form, and the records that it fires on; on all others it is silent. */
const RULES: readonly (readonly [string, string, readonly Name[]])[] = [
  ['{product: kubernetes, service: audit}', '{verb: create, objectRef.resource: pods}', ['audit']],
  [
    '{product: kubernetes, category: application, service: audit}',
    "{verb: create, objectRef.resource: pods, hostPath: '*'}",
    ['audit'],
  ],
  [
    '{product: kubernetes, category: application, service: audit}',
    "{objectRef.resource: pods, capabilities: '*'}",
    ['audit'],
  ],
  [
    '{product: kubernetes, category: application, service: audit}',
    '{verb: create, apiGroup: authorization.k8s.io, objectRef.resource: selfsubjectrulesreviews}',
    ['review'],
  ],
  [
    '{product: kubernetes, service: audit}',
    '{responseStatus.code: 201, user.username: alice, userAgent|contains: kubectl}',
    ['audit'],
  ],
  ['{product: falco}', '{rule: Terminal shell in container, proc.name: sh}', ['falco']],
  [
    '{product: linux, category: process_creation}',
    "{Image|endswith: /base64, CommandLine|contains: '-d', ParentImage|endswith: /dash}",
    ['sensor', 'tetragon', 'linux'],
  ],
  [
    '{product: linux, category: process_creation}',
    "{Image|endswith: /base64, CommandLine|contains: '-d'}",
    ['sensor', 'tetragon', 'auditd', 'laurel', 'linux'],
  ],
  ['{category: process_creation}', '{User: root}', ['sensor', 'laurel', 'linux']],
  ['{product: linux, service: auditd}', '{type: EXECVE, a0: base64, a1|contains: -d}', ['auditd', 'laurel']],
  [
    '{product: aws, service: cloudtrail}',
    '{eventSource: ecs.amazonaws.com, eventName: RegisterTaskDefinition}',
    ['cloud'],
  ],
  [
    '{product: linux, category: file_event}',
    '{TargetFilename|startswith: /etc/cron, Image|endswith: /tee}',
    ['write', 'linuxWrite'],
  ],
  [
    '{product: linux, category: network_connection}',
    "{Initiated: 'true', DestinationPort: 4444}",
    ['connect', 'linuxConnect', 'conn', 'flow', 'hubble'],
  ],
  [
    '{product: linux, category: network_connection}',
    '{Image|endswith: /nc, DestinationIp|cidr: 198.51.100.0/24}',
    ['connect', 'linuxConnect'],
  ],
  ['{product: linux, service: sysmon}', '{EventID: 11}', ['linuxWrite']],
  [
    '{category: network_connection}',
    '{DestinationIp: 198.51.100.7, DestinationPort: 4444, Protocol: tcp}',
    ['connect', 'linuxConnect', 'conn', 'flow', 'hubble', 'connected', 'allowed'],
  ],
  [
    '{category: network, service: connection}',
    '{source.ip: 10.1.2.3, destination.port: 4444, network.protocol: ssl, network.state: SF}',
    ['conn'],
  ],
  ['{category: firewall}', '{dst_ip: 198.51.100.7, dst_port: 4444}', ['conn', 'flow', 'hubble', 'allowed']],
  ['{service: netflow}', '{destination.port: 4444}', ['conn']],
  ['{product: zeek, service: conn}', '{id.resp_p: 4444, id.orig_h|cidr: 10.0.0.0/8}', ['conn']],
  ['{product: zeek, service: x509}', '{certificate.serial: 8BB00EE}', ['certificate']],
  [
    '{product: zeek, service: dns}',
    '{query|endswith: example.org, answers: 198.51.100.7, qtype_name: A}',
    ['query'],
  ],
  ['{category: dns}', '{query|contains: pool.example}', ['query', 'asked']],
  [
    '{category: proxy}',
    "{c-useragent|startswith: 'XMRig ', cs-host: shop.example, sc-status: 200}",
    ['request'],
  ],
  ['{category: webserver}', '{cs-method: GET, cs-uri-query|contains: ../../../etc/}', ['request']],
  [
    '{product: windows, category: process_creation}',
    '{Image|endswith: \\net1.exe, CommandLine|contains: user, User: CORP\\mara}',
    ['started', 'created'],
  ],
  [
    '{product: windows, category: process_creation}',
    '{md5: 0123456789abcdef0123456789abcdef, Hashes|contains: MD5=0123}',
    ['started'],
  ],
  ['{product: windows, category: process_creation, service: sysmon}', '{EventID: 1}', ['started']],
  [
    '{product: windows, service: sysmon}',
    "{Image: 'C:\\x.exe'}",
    ['set', 'keyDeleted', 'asked', 'connected', 'removed'],
  ],
  [
    '{product: windows, service: security}',
    '{EventID: 4688, NewProcessName|endswith: \\net1.exe}',
    ['created'],
  ],
  [
    '{product: windows, category: registry_set}',
    "{TargetObject|endswith: '\\Control\\Lsa\\RunAsPPL', Details: DWORD (0x00000000), Image: 'C:\\x.exe'}",
    ['set', 'changed'],
  ],
  ['{product: windows, category: registry_event}', "{Image: 'C:\\x.exe'}", ['set', 'changed', 'keyDeleted']],
  ['{product: windows, category: registry_delete}', '{TargetObject|contains: \\Services\\}', ['keyDeleted']],
  ['{product: windows, category: registry_add}', '{TargetObject|contains: \\}', []],
  [
    '{product: windows, service: security}',
    "{EventID: 4657, ObjectValueName: RunAsPPL, NewValue: '0'}",
    ['changed'],
  ],
  ['{product: windows, category: dns_query}', '{QueryName|contains: pool.example}', ['asked']],
  [
    '{product: windows, category: network_connection}',
    "{Initiated: 'true', Image|endswith: \\x.exe, DestinationPort: 4444}",
    ['connected', 'allowed'],
  ],
  ['{product: windows, category: file_delete}', '{TargetFilename|endswith: .vhd}', ['removed']],
  ['{product: windows, category: file_delete_detected}', '{TargetFilename|endswith: .vhd}', ['removed']],
  ['{product: windows, category: ps_script}', '{ScriptBlockText|contains: IEX}', ['script']],
  ['{product: windows, service: powershell}', '{EventID: 4104}', ['script']],
  ['{product: windows, category: ps_classic_start}', "{Data|contains: ' -w hidden'}", ['classic']],
  ['{product: windows, service: powershell-classic}', '{Data|contains: HostApplication}', ['classic']],
  [
    '{product: windows, service: system}',
    '{Provider_Name: Service Control Manager, EventID: 7045, ImagePath|contains: COMSPEC}',
    ['service'],
  ],
  [
    '{product: windows, service: taskscheduler}',
    "{EventID: 129, Path|contains: '\\Users\\Public\\'}",
    ['task'],
  ],
  ['{product: windows, service: windefend}', '{EventID: 1116, ThreatName|contains: Mimikatz}', ['malware']],
  ['{category: antivirus}', '{Signature|contains: Mimikatz, Filename|endswith: x.exe}', ['malware']],
  ['{product: windows, category: file_access}', '{Image|contains: x}', []],
  ['{product: macos, category: process_creation}', '{Image|contains: /}', []],
]

const events = Object.entries(RECORDS).map(([name, record]) => {
  const text = typeof record === 'string' ? record : JSON.stringify(record)
  const decoder = createStreamDecoder(sources, name)
  const batch = decoder.push({ stream: name, offset: 0, bytes: Buffer.from(`${text}\n`), end: true })
  const whole = [...batch.items.map(({ decoded }) => decoded), ...batch.completed]
  return { name, failures: batch.failures, events: whole.flatMap((each) => each.events) }
})

describe('a rule in the words of Sigma’s taxonomy', () => {
  it('has a record of every source that it is tried on', () => {
    expect(events.filter((each) => each.failures.length > 0 || each.events.length === 0)).toEqual([])
  })

  it.each(RULES)('for %s with %s fires on %j alone', (logsource, detection, expected) => {
    const text = `title: t\nlogsource: ${logsource}\ndetection:\n  s: ${detection}\n  condition: s\n`
    const { ruleset, refused } = compileRules([{ file: 'r', text, line: 1, strategy: 'sigma' }], {
      lists: new Map(),
    })
    expect(refused).toEqual([])
    const fired = events.filter((each) => each.events.some((event) => ruleset.match(event).length > 0))
    expect(fired.map(({ name }) => name).toSorted()).toEqual(expected.toSorted())
    for (const each of fired)
      expect(each.events.filter((event) => ruleset.match(event).length > 0).length).toBe(1)
  })
})
