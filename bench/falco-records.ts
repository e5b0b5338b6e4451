/**
 * Falco alerts as a busy node writes them with its rules for telemetry on: what is executed, opened and connected to,
 * with the container and the pod of each.
 */
export function falcoLine(n: number): string {
  const time = new Date(1_795_000_000_000 + n * 3).toISOString().replace('Z', '000000Z')
  const [rule, fields] = KINDS[n % KINDS.length]?.(n) ?? ['', {}]
  const command = String(fields['proc.cmdline'])
  const workload = `web-${n % 30}`
  const container = (n % 30).toString(16).padStart(12, '0')
  return JSON.stringify({
    hostname: `node-${n % 12}`,
    output: `${time}: Notice ${rule} (command=${command} container=${container} pod=${workload})`,
    output_fields: {
      'container.id': container,
      'container.image.repository': 'registry.example/web',
      'container.image.tag': '1.4.2',
      'container.name': workload,
      'evt.time': 1_795_000_000_000_000_000 + n * 3_000_000,
      'k8s.ns.name': `team-${n % 10}`,
      'k8s.pod.name': `${workload}-6d4b`,
      'user.name': n % 5 === 0 ? 'root' : 'www-data',
      'user.uid': n % 5 === 0 ? 0 : 33,
      ...fields,
    },
    priority: 'Notice',
    rule,
    source: 'syscall',
    tags: ['container', 'telemetry'],
    time,
  })
}

type Kind = (n: number) => readonly [rule: string, fields: Readonly<Record<string, unknown>>]

const KINDS: readonly Kind[] = [
  (n) => [
    'Tallyman process execution',
    {
      'evt.type': 'execve',
      'proc.name': 'curl',
      'proc.exepath': '/usr/bin/curl',
      'proc.cmdline': `curl -fsS http://10.0.0.${n % 250}:8080/health?n=${n}`,
      'proc.pname': 'sh',
      'proc.pid': 1_000 + (n % 30_000),
    },
  ],
  (n) => [
    'Tallyman file open for writing',
    {
      'evt.type': 'openat',
      'fd.name': `/var/lib/app/cache/${n % 5_000}.json`,
      'proc.name': 'node',
      'proc.exepath': '/usr/local/bin/node',
      'proc.cmdline': 'node /srv/app/server.js --port 8080',
      'proc.pname': 'tini',
      'proc.pid': 7,
    },
  ],
  (n) => [
    'Tallyman outbound connection',
    {
      'evt.type': 'connect',
      'fd.name': `10.0.${n % 250}.7:4${n % 1_000}->10.1.0.9:5432`,
      'fd.sip': '10.1.0.9',
      'fd.sport': 5_432,
      'fd.l4proto': 'tcp',
      'proc.name': 'node',
      'proc.exepath': '/usr/local/bin/node',
      'proc.cmdline': 'node /srv/app/server.js --port 8080',
      'proc.pname': 'tini',
      'proc.pid': 7,
    },
  ],
]
