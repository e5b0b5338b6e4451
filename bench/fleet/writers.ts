import type { SourceName } from '../../src/domain/event.ts'
import { recordedLine, recordedLines, textBetween } from './recorded.ts'
import { shapeOf, type Shape } from './shape.ts'
import type { Container, World } from './world.ts'

/** One record about a container, at a time (ms), in the form of a recorded one. `mark` stands in a field of it. */
export interface Writer {
  readonly source: SourceName
  /** The file of the machine that it stands in. */
  readonly file: string
  /** It is told of so much later than it happened, ms: connections are logged when they are over. */
  readonly delay: number
  /** Whether it says the container's id; else only its address. */
  readonly named: boolean
  write(container: Container, at: number, mark: string): string
}

const FIXTURES = 'src/sources/fixtures'

/** What a machine with Docker writes, of its containers. */
export function dockerWriters(world: World, run: string, host: string): readonly Writer[] {
  return [
    sensorWriter(run, host),
    zeekWriter(world),
    suricataFlows(world, host),
    suricataRequests(world, host),
  ]
}

/** What a node of a cluster writes, of its pods. */
export function kubernetesWriters(world: World, host: string): readonly Writer[] {
  return [tetragonWriter(world, host), falcoWriter(world, host), hubbleWriter(world, host)]
}

/** Programs, files and connections, as ordinary workloads were recorded, over and over. */
function sensorWriter(run: string, host: string): Writer {
  const shapes = recordedLines('test/fixtures/sensor/benign/*.jsonl')
    .filter((line) => line.startsWith('{"sensor":1,') && line.includes('"container":"'))
    .map((line) =>
      shapeOf(line, [
        [`"run":"${textBetween(line, '"run":"', '"')}"`, 'run'],
        [`"seq":${textBetween(line, '"seq":', ',')},`, 'seq'],
        [`"time":"${textBetween(line, '"time":"', '"')}"`, 'time'],
        [`"host":"${textBetween(line, '"host":"', '"')}"`, 'host'],
        [textBetween(line, '"container":"', '"'), 'container'],
        [`"cwd":"${textBetween(line, '"cwd":"', '"')}"`, 'cwd'],
      ]),
    )
  const folders = recordedLines('test/fixtures/sensor/benign/*.jsonl')
    .filter((line) => line.startsWith('{"sensor":1,') && line.includes('"container":"'))
    .map((line) => textBetween(line, '"cwd":"', '"'))
  // its start has the first number
  let seq = 0
  return {
    source: 'sensor',
    file: 'sensor/events.jsonl',
    delay: 0,
    named: true,
    write(container, at, mark) {
      seq += 1
      const n = seq % shapes.length
      return (shapes[n] as Shape).filled({
        run: `"run":"${run}"`,
        seq: `"seq":${seq},`,
        time: `"time":"${iso(at)}"`,
        host: `"host":"${host}"`,
        container: container.id,
        cwd: `"cwd":"${mark === '' ? folders[n] : `/${mark}`}"`,
      })
    },
  }
}

/** A record of the sensor about itself; `start` comes first. */
export function sensorStart(run: string, host: string, at: number): string {
  return JSON.stringify({ sensor: 1, run, seq: 0, time: iso(at), host, kind: 'start', interval: 5_000 })
}

/** A connection to somewhere else, written five seconds after its end, as Zeek does. */
function zeekWriter({ random }: World): Writer {
  const line = recordedLine(`${FIXTURES}/zeek.conn/entries.jsonl`, '"_path":"conn"')
  const shape = shapeOf(line, [
    ['1795168800.25', 'ts'],
    ['CsDkg33HyPh7nwOxM1', 'uid'],
    ['198.18.0.2', 'client'],
    ['41002', 'port'],
    ['198.18.0.3', 'server'],
    ['"missed_bytes":0', 'mark'],
  ])
  return {
    source: 'zeek.conn',
    file: 'zeek/conn.log',
    delay: 5_030,
    named: false,
    write: ({ address }, at, mark) =>
      shape.filled({
        ts: (at / 1_000).toFixed(6),
        uid: `C${random.hex(17)}`,
        client: address,
        port: 32_768 + random.below(28_000),
        server: elsewhere(random.below(200)),
        mark: `"missed_bytes":0${markMember(mark)}`,
      }),
  }
}

/** A flow that Suricata had seen the end of half a minute before it told it. */
function suricataFlows({ random }: World, host: string): Writer {
  const shape = shapeOf(
    recordedLine(`${FIXTURES}/suricata.eve/recorded.json`, '"event_type":"flow"', '"app_proto":"tls"'),
    [
      ['2026-11-21T17:36:10.564276+0000', 'time'],
      ['1899527106618110', 'flow'],
      ['198.18.7.2', 'client'],
      ['34324', 'port'],
      ['198.18.7.3', 'server'],
      ['2026-11-21T17:36:14.311196+0000', 'start'],
      ['2026-11-21T17:36:14.316101+0000', 'end'],
      ['"app_proto":"tls"', 'mark'],
      ['ids-1', 'host'],
    ],
  )
  return {
    source: 'suricata.eve',
    file: 'suricata/eve.json',
    delay: 30_000,
    named: false,
    write: ({ address }, at, mark) =>
      shape.filled({
        time: offset(at + 30_000),
        flow: flowId(random.hex(12)),
        client: address,
        port: 32_768 + random.below(28_000),
        server: elsewhere(random.below(200)),
        start: offset(at),
        end: offset(at + 5),
        mark: `"app_proto":"tls"${markMember(mark)}`,
        host,
      }),
  }
}

/** A request that Suricata tells of at once. */
function suricataRequests({ random }: World, host: string): Writer {
  const shape = shapeOf(
    recordedLine(`${FIXTURES}/suricata.eve/recorded.json`, '"event_type":"http"', 'index.html?id=1'),
    [
      ['2026-11-21T17:36:18.292372+0000', 'time'],
      ['590142368182835', 'flow'],
      ['198.18.7.2', 'client'],
      ['48806', 'port'],
      ['198.18.7.3', 'server'],
      ['"tx_id":0', 'mark'],
      ['ids-1', 'host'],
    ],
  )
  return {
    source: 'suricata.eve',
    file: 'suricata/eve.json',
    delay: 1_500,
    named: false,
    write: ({ address }, at, mark) =>
      shape.filled({
        time: offset(at),
        flow: flowId(random.hex(12)),
        client: address,
        port: 32_768 + random.below(28_000),
        server: elsewhere(random.below(200)),
        mark: `"tx_id":0${markMember(mark)}`,
        host,
      }),
  }
}

/** Programs, their ends and connections. */
function tetragonWriter({ random }: World, host: string): Writer {
  const wanted = [
    '"process_exec":{"process":{"exec_id":"bm9kZS0xOjIy',
    '"function_name":"__x64_sys_openat","args":[{"int_arg":-100},{"string_arg":"../tmp/c.pem"}',
    '"process_connect"',
  ]
  const shapes = wanted.map((mark) => {
    const line = recordedLine(`${FIXTURES}/tetragon/events.jsonl`, mark)
    const time = textBetween(line, '"node_name":"node-1","time":"', '"')
    return shapeOf(line, [
      [`"node_name":"node-1","time":"${time}"`, 'when'],
      ['req -x509 -newkey rsa:1024 -subj \\"/CN=a b\\" -out /tmp/c.pem', 'arguments'],
      ['openssl req -x509 -newkey rsa:1024', 'parent'],
      ['/usr/bin/openssl', 'binary'],
      ['"pid":4202', 'pid'],
      ['"cwd":"/srv"', 'cwd'],
      ['cart-6c9f7d5b8-x2x7k', 'pod'],
      ['0b1f7c1e-6f3d-4f0e-9a57-2f3a3d1c5b11', 'uid'],
      ['4f1c2d9e8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d2e1f0a9b8c7d6e5f4a3b2c1d', 'id'],
      ['4f1c2d9e8a7b6c5d4e3f2a1b0c9d8e7', 'short'],
      ['registry.example/shop/cart:1.4', 'image'],
      ['"workload":"cart","workload_kind":"Deployment"', 'workload'],
    ])
  })
  return {
    source: 'tetragon',
    file: 'tetragon/tetragon.log',
    delay: 0,
    named: true,
    write(container, at, mark) {
      const pid = 1_000 + random.below(60_000)
      return random.of(shapes).filled({
        when: `"node_name":"${host}","time":"${iso(at)}"`,
        arguments: `-r 5 -n ${pid}`,
        parent: 'wget -q -O - http://10.42.0.9/metrics',
        binary: '/usr/bin/wget',
        pid: `"pid":${pid}`,
        cwd: `"cwd":"/${mark === '' ? 'srv' : mark}"`,
        pod: container.name,
        uid: container.pod,
        id: container.id,
        short: container.id.slice(0, 31),
        image: container.image,
        workload: `"workload":"${container.name}","workload_kind":"Pod"`,
      })
    },
  }
}

/** What the rules of sensors/falco tell: programs, files that are written, connections. */
function falcoWriter({ random }: World, host: string): Writer {
  const kinds = [
    ['"evt.type":"execve"', '2026-11-20T10:00:00.000000000Z', '1795168800000000000'],
    ['"fd.name":"/srv/key.pem"', '2026-11-20T10:00:02.000000000Z', '1795168802000000000'],
    ['"fd.name":"10.0.1.5:41000', '2026-11-20T10:00:05.000000000Z', '1795168805000000000'],
  ] as const
  const shapes = kinds.map(([mark, time, nanoseconds]) =>
    shapeOf(recordedLine(`${FIXTURES}/falco/telemetry.jsonl`, mark), [
      [time, 'time'],
      [nanoseconds, 'nanoseconds'],
      ['"hostname":"node-1"', 'host'],
      ['req -x509 -newkey rsa:4096', 'arguments'],
      ['/usr/bin/openssl', 'path'],
      ['"proc.name":"openssl"', 'program'],
      ['"proc.exe":"openssl"', 'exe'],
      ['"proc.cwd":"/srv/"', 'cwd'],
      ['"proc.pid":4202', 'pid'],
      ['4f1c2d9e8a7b0000000000000000000000000000000000000000000000000000', 'id'],
      ['"container.id":"4f1c2d9e8a7b"', 'short'],
      ['"container.name":"web"', 'name'],
      ['"k8s.pod.name":"web-1"', 'pod'],
      ...(mark.includes('key.pem') ? ([['/srv/key.pem', 'file']] as const) : []),
    ]),
  )
  return {
    source: 'falco',
    file: 'falco/events.json',
    delay: 0,
    named: true,
    write: (container, at, mark) =>
      random.of(shapes).filled({
        time: `${new Date(at).toISOString().slice(0, -1)}${String(random.below(1_000_000)).padStart(6, '0')}Z`,
        nanoseconds: `${Math.floor(at)}${String(random.below(1_000_000)).padStart(6, '0')}`,
        host: `"hostname":"${host}"`,
        arguments: '-q -O - http://10.42.0.9/metrics',
        path: '/usr/bin/wget',
        program: '"proc.name":"wget"',
        exe: '"proc.exe":"wget"',
        cwd: `"proc.cwd":"/${mark === '' ? 'srv/' : mark}"`,
        pid: `"proc.pid":${1_000 + random.below(60_000)}`,
        id: container.id,
        short: `"container.id":"${container.id.slice(0, 12)}"`,
        name: `"container.name":"${container.name}"`,
        pod: `"k8s.pod.name":"${container.name}"`,
        file: '/srv/cache/page',
      }),
  }
}

/** A connection that a pod opens, as Cilium's agent of its node exports it. */
function hubbleWriter({ random }: World, host: string): Writer {
  const shape = shapeOf(
    recordedLine(`${FIXTURES}/hubble/documented.jsonl`, '"uuid":"0b9c8f7e-0000-4000-8000-000000000001"'),
    [
      ['2026-11-20T10:00:00.123456789Z', 'time'],
      ['0b9c8f7e-0000-4000-8000-000000000001', 'flow'],
      ['10.0.1.5', 'client'],
      ['203.0.113.20', 'server'],
      ['41002', 'port'],
      ['3333', 'to'],
      ['cart-7d9c5b6f4-x2k8p', 'pod'],
      ['pool.minexmr.com', 'peer'],
      ['prod/node-1', 'node'],
      ['TCP Flags: SYN', 'mark'],
    ],
  )
  return {
    source: 'hubble',
    file: 'hubble/events.log',
    delay: 1_500,
    named: false,
    write: ({ address, name }, at, mark) =>
      shape.filled({
        time: iso(at),
        flow: `${random.hex(8)}-0000-4000-8000-${random.hex(12)}`,
        client: address,
        server: elsewhere(random.below(200)),
        port: 32_768 + random.below(28_000),
        to: 443,
        pod: name,
        peer: 'api.example.org',
        node: host,
        mark: mark === '' ? 'TCP Flags: SYN' : mark,
      }),
  }
}

/** Audit events of a host, as they were recorded: who did it is no container's that audit knows. */
export function auditWriter(): { write(at: number): { readonly text: string; readonly records: number } } {
  const lines = recordedLines(`${FIXTURES}/auditd/recorded.log`).filter((line) =>
    /audit\(1795284303\.(?:265:244|421:245)\)/.test(line),
  )
  const shapes = ['1795284303.265:244', '1795284303.421:245'].map((stamp) => {
    const own = lines.filter((line) => line.includes(stamp))
    return {
      shape: shapeOf(own.map((line) => `${line}\n`).join(''), [[stamp, 'stamp']]),
      records: own.length,
    }
  })
  let serial = 0
  return {
    write(at) {
      serial += 1
      const { shape, records } = shapes[serial % shapes.length] as (typeof shapes)[number]
      return { text: shape.filled({ stamp: `${(at / 1_000).toFixed(3)}:${serial}` }), records }
    },
  }
}

function markMember(mark: string): string {
  return mark === '' ? '' : `,"community_id":"${mark}"`
}

/** An address that is nobody's here. */
function elsewhere(n: number): string {
  return `203.0.113.${n + 1}`
}

function flowId(hex: string): string {
  return String(Number.parseInt(hex, 16))
}

function iso(at: number): string {
  return new Date(at).toISOString()
}

/** As Suricata writes it. */
function offset(at: number): string {
  return iso(at).replace('Z', '000+0000')
}
