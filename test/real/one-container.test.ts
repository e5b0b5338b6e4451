import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { appendFileSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { AlertView } from '../../src/domain/alert-view.ts'
import { eventually, startDaemon, type Daemon } from '../daemon.ts'
import { missing, realTest, startDocker } from './engine.ts'
import { missingForSensor, startSensor } from './sensor.ts'

const IMAGE = 'test/openssl:1'

/** What each of them saw, and the rule that says so; all of it happens in one container. */
const RULES: Readonly<Record<string, string>> = {
  'a process was started': `logsource: { category: process_creation, product: linux }
detection: { it: { Image|endswith: /openssl, process.subcommand: s_client }, condition: it }`,
  'a program ran that is not of the image': `logsource: { category: process_creation, product: linux }
detection: { it: { Image: /opt/planted, process.executable.upper_layer: true, process.result: 0 }, condition: it }`,
  'a file was written to a mounted certificate store': `logsource: { category: file_event, product: linux }
detection: { it: { TargetFilename: /etc/ssl/certs/rogue.pem, host.path|endswith: /certs/rogue.pem }, condition: it }`,
  'a session had an outdated version': `logsource: { category: tls }
detection: { it: { version: TLSv10, established: true }, condition: it }`,
  'the processor was used': `logsource: { category: metric }
detection: { it: { metric.name: container_cpu_usage_ratio, metric.value|gt: 0.05 }, condition: it }`,
  'a check of integrity found a file': `logsource: { category: file_change }
detection: { it: { TargetFilename: /opt/planted, event.action: created, host.path|contains: /overlay2/ }, condition: it }`,
  'the engine found a file': `logsource: { category: file_change }
detection: { it: { TargetFilename: /opt/planted, event.action: created, host.path: null }, condition: it }`,
}

/** The fields that sensors/tshark/README.md asks for. */
const TSHARK = [
  ['-i', 'docker0', '-l', '-n', '-T', 'ek', '-f', 'tcp or udp port 53'],
  ['-Y', 'tls.handshake or (tcp.flags.syn == 1 and tcp.flags.ack == 0) or dns'],
  ...[
    'frame.time_epoch ip.src ip.dst ipv6.src ipv6.dst tcp.srcport tcp.dstport udp.srcport udp.dstport tcp.flags',
    'tls.handshake.type tls.handshake.version tls.handshake.extensions.supported_version tls.handshake.ciphersuite',
    'tls.handshake.extensions_server_name tls.handshake.extensions_alpn_str tls.handshake.certificate',
  ].map((names) => names.split(' ').flatMap((name) => ['-e', name])),
].flat()

realTest(
  'attributes to one container, and its image, what the kernel, the wire, the engine and a check of files saw of it',
  async () => {
    const folder = mkdtempSync('/tmp/tm-')
    const at = (name: string): string => join(folder, name)
    for (const name of ['rules', 'certs', 'wire', 'aide', 'sensor']) mkdirSync(at(name))
    const docker = await startDocker()
    const sensor = startSensor(at('sensor'))
    const ended: (() => unknown)[] = []
    let daemon: Daemon | undefined
    try {
      await docker.image(IMAGE, '/usr/bin/openssl')
      const wire = startTshark(docker.netns, at('wire/tshark.json'))
      ended.push(() => wire.kill('SIGTERM'))
      await sensor.ready
      writeRules(at('rules'))
      writeFileSync(
        at('tallyman.yaml'),
        `rules: [${at('rules')}]
inputs:
  - { type: docker, name: docker, socket: ${docker.socket}, stats: 1s, changes: 1s }
  - { type: file, name: sensor, paths: [${at('sensor')}], sources: [sensor] }
  - { type: file, name: wire, paths: [${at('wire')}], sources: [tshark] }
  - { type: file, name: aide, paths: [${at('aide')}], sources: [fim.aide] }
`,
      )
      daemon = startDaemon(at('data'), at('tallyman.yaml'))
      await daemon.url()
      await docker.docker('run', '-d', '--name', 'old', IMAGE, 'sh', '-c', SERVER)
      const server = (await docker.docker('inspect', '-f', '{{.NetworkSettings.IPAddress}}', 'old')).trim()
      const volume = `${at('certs')}:/etc/ssl/certs`
      const id = (
        await docker.docker('run', '-d', '--name', 'shop', '-v', volume, IMAGE, 'sleep', '300')
      ).trim()
      const root = await docker.docker('inspect', '-f', '{{.GraphDriver.Data.MergedDir}}', 'shop')
      const check = aide(at('aide.conf'), root.trim(), folder)
      check('--init')
      await docker.docker('exec', 'shop', 'sh', '-c', acts(server))
      appendFileSync(at('aide/aide.json'), check('--check'))

      const found = await eventually(() => everything(daemon, id), 60_000, 'all that was done')
      for (const [title, alert] of Object.entries(found))
        expect({ title, entity: alert.entity }).toMatchObject({
          title,
          entity: { 'container.id': id, 'container.name': 'shop', 'container.image.name': 'test/openssl' },
        })
    } finally {
      await daemon?.kill('SIGTERM')
      for (const end of ended) end()
      await sensor.stop()
      await docker.stop()
      rmSync(folder, { recursive: true, force: true })
    }
  },
  {
    timeout: 300_000,
    lacking: [
      ...new Set([...missingForSensor(), ...missing({ tshark: 'tshark', openssl: 'openssl', aide: 'aide' })]),
    ],
  },
)

const SERVER =
  `mkdir -p /tmp; printf '[req]\\ndistinguished_name=dn\\n[dn]\\n' >/tmp/o.cnf; ` +
  `openssl req -config /tmp/o.cnf -x509 -newkey rsa:2048 -nodes -keyout /tmp/k.pem -out /tmp/c.pem -days 1 -subj /CN=t; ` +
  `exec openssl s_server -accept 4433 -key /tmp/k.pem -cert /tmp/c.pem -quiet -tls1 -cipher ALL:@SECLEVEL=0`

/** Asked until the server answers: it makes its key first. */
function acts(server: string): string {
  const connect = `openssl s_client -connect ${server}:4433 -tls1 -cipher ALL:@SECLEVEL=0`
  return (
    `echo x >/etc/ssl/certs/rogue.pem; mkdir -p /opt; cp /bin/busybox /opt/planted; /opt/planted; ` +
    `for n in 1 2 3 4 5 6 7 8 9 10; do echo | ${connect} >/dev/null 2>&1 && break; sleep 1; done; ` +
    `timeout 6 sh -c 'while :; do :; done'; true`
  )
}

function startTshark(netns: string, file: string): ChildProcess {
  const words = [`--net=/run/netns/${netns}`, 'tshark', ...TSHARK]
  return spawn('nsenter', words, { stdio: ['ignore', openSync(file, 'a'), 'ignore'] })
}

function writeRules(folder: string): void {
  for (const [index, [title, rule]] of Object.entries(RULES).entries())
    writeFileSync(
      join(folder, `${index}.yml`),
      `title: ${title}\nid: 00000000-0000-4000-8000-00000000000${index}\nstatus: test\nlevel: high\n${rule}\n`,
    )
}

/** AIDE on the root of a container, as the host sees it; what it printed. */
function aide(config: string, root: string, folder: string): (what: '--init' | '--check') => string {
  const database = join(folder, 'aide.db')
  writeFileSync(
    config,
    `database_in=file:${database}
database_out=file:${database}
report_format=json
report_level=changed_attributes
report_url=stdout
${root}/opt p+s+sha256
`,
  )
  return (what) => spawnSync('aide', ['--config', config, what], { encoding: 'utf8' }).stdout
}

/** The alerts by the titles of the rules, once each was raised of the container. */
async function everything(
  daemon: Daemon | undefined,
  id: string,
): Promise<Readonly<Record<string, AlertView>> | undefined> {
  const { body } = (await daemon?.ask('/api/alerts?limit=500')) ?? { body: { items: [] } }
  const { items } = body as { items: readonly AlertView[] }
  const found = Object.keys(RULES).flatMap((title) => {
    const alert = items.find((one) => one.rule.title === title && one.entity['container.id'] === id)
    return alert === undefined ? [] : [[title, alert] as const]
  })
  return found.length === Object.keys(RULES).length ? Object.fromEntries(found) : undefined
}
