import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { appendFileSync, chmodSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect } from 'vitest'
import type { AlertView } from '../../src/domain/alert-view.ts'
import type { SourceName } from '../../src/domain/event.ts'
import { eventually, startDaemon, type Daemon } from '../daemon.ts'
import { startLaurel, takeAudit } from './audit.ts'
import { missing, realTest, startDocker } from './engine.ts'
import { hiddenContainers, hiddenOf } from './hidden-containers.ts'
import { missingForSensor, startSensor } from './sensor.ts'
import { startSuricata } from './suricata.ts'

const IMAGE = 'test/openssl:1'

interface Seen {
  readonly rule: string
  /** All that are to have seen it. */
  readonly by: readonly SourceName[]
}

/** What is done, the rule that says so, and who sees it; all of it happens in one container. */
const SEEN: Readonly<Record<string, Seen>> = {
  'a process was started': {
    rule: `logsource: { category: process_creation, product: linux }
detection: { it: { Image|endswith: /openssl, process.subcommand: s_client }, condition: it }`,
    by: ['sensor', 'laurel'],
  },
  'a program ran that is not of the image': {
    rule: `logsource: { category: process_creation, product: linux }
detection: { it: { Image: /opt/planted, process.executable.upper_layer: true, process.result: 0 }, condition: it }`,
    by: ['sensor'],
  },
  'a file was written to a mounted certificate store': {
    rule: `logsource: { category: file_event, product: linux }
detection: { it: { TargetFilename: /etc/ssl/certs/rogue.pem, host.path|endswith: /certs/rogue.pem }, condition: it }`,
    by: ['sensor', 'laurel'],
  },
  'a session had an outdated version': {
    rule: `logsource: { category: tls }
detection: { it: { version: TLSv10, established: true }, condition: it }`,
    by: ['tshark', 'suricata.eve'],
  },
  'the processor was used': {
    rule: `logsource: { category: metric }
detection: { it: { metric.name: container_cpu_usage_ratio, metric.value|gt: 0.05 }, condition: it }`,
    by: ['docker.stats'],
  },
  'a check of integrity found a file': {
    rule: `logsource: { category: file_change }
detection: { it: { TargetFilename: /opt/planted, event.action: created, host.path|contains: /overlay2/ }, condition: it }`,
    by: ['fim.aide'],
  },
  'the engine found a file': {
    rule: `logsource: { category: file_change }
detection: { it: { TargetFilename: /opt/planted, event.action: created, host.path: null }, condition: it }`,
    by: ['docker.changes'],
  },
}

/** Nobody else's: what audit is asked of the whole machine is asked of this user alone. */
const USER = '42431'

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

const audit = await takeAudit()
afterAll(() => audit.release())

realTest(
  'attributes to one container, its image and its creator what each sensor saw of it, and finds the one that no engine knows',
  async (context) => {
    if (audit.isTaken) return context.skip('the audit of this machine is in use')
    const folder = mkdtempSync('/tmp/tm-')
    const at = (name: string): string => join(folder, name)
    for (const name of ['rules', 'certs', 'wire', 'aide', 'sensor', 'audit']) mkdirSync(at(name))
    chmodSync(at('certs'), 0o777)
    const docker = await startDocker()
    const sensor = startSensor(at('sensor'), '--containers', '1')
    const hidden = hiddenContainers(folder, docker)
    const ended: (() => unknown)[] = []
    let daemon: Daemon | undefined
    try {
      await docker.image(IMAGE, '/usr/bin/openssl')
      const wire = startTshark(docker.netns, at('wire/tshark.json'))
      ended.push(() => wire.kill('SIGTERM'))
      const suricata = await startSuricata(at('suricata'), { netns: docker.netns, device: 'docker0' })
      ended.push(() => suricata.stop())
      const laurel = await startLaurel(at('audit'), [
        ['-a', 'always,exit', '-F', 'arch=b64', '-S', 'execve', '-F', `uid=${USER}`, '-k', 'tallyman-exec'],
        ['-w', at('certs'), '-p', 'wa', '-k', 'tallyman-trust'],
      ])
      ended.push(() => laurel.stop())
      await sensor.ready
      writeRules(at('rules'))
      writeFileSync(
        at('tallyman.yaml'),
        `rules: [${at('rules')}]
inputs:
  - { type: docker, name: docker, socket: ${docker.socket}, look: 1s, stats: 1s, changes: 1s }
  - { type: file, name: sensor, paths: [${at('sensor')}], sources: [sensor] }
  - { type: file, name: wire, paths: [${at('wire')}], sources: [tshark] }
  - { type: file, name: suricata, paths: [${at('suricata/eve.json')}], sources: [suricata.eve] }
  - { type: file, name: audit, paths: [${laurel.log}], sources: [laurel] }
  - { type: file, name: aide, paths: [${at('aide')}], sources: [fim.aide] }
views: { bound: 4s }
`,
      )
      daemon = startDaemon(at('data'), at('tallyman.yaml'))
      await daemon.url()
      hidden.start()
      await docker.docker('run', '-d', '--name', 'old', IMAGE, 'sh', '-c', SERVER)
      const server = (await docker.docker('inspect', '-f', '{{.NetworkSettings.IPAddress}}', 'old')).trim()
      const volume = `${at('certs')}:/etc/ssl/certs`
      const id = (
        await docker.docker('run', '-d', '--name', 'shop', '-v', volume, ...LABELLED, IMAGE, 'sleep', '300')
      ).trim()
      const image = (await docker.docker('inspect', '-f', '{{.Image}}', 'shop')).trim()
      const root = await docker.docker('inspect', '-f', '{{.GraphDriver.Data.MergedDir}}', 'shop')
      const check = aide(at('aide.conf'), root.trim(), folder)
      check('--init')
      await docker.docker('exec', 'shop', 'sh', '-c', PLANT)
      await docker.docker('exec', '-u', USER, 'shop', 'sh', '-c', acts(server))
      appendFileSync(at('aide/aide.json'), check('--check'))

      const found = await eventually(() => everything(daemon, id), 60_000, 'all that was done')
      for (const [title, { entity }] of Object.entries(found))
        expect({ title, entity }).toMatchObject({
          title,
          entity: {
            'container.id': id,
            'container.name': 'shop',
            'container.image.name': 'test/openssl',
            'container.image.id': image,
            // no engine knows more of who asked it
            'container.creator.name': 'compose/shop',
            'container.creator.told_by': 'label',
          },
        })
      expect(
        await eventually(() => hiddenOf(daemon, hidden.groups), 60_000, 'the hidden containers'),
      ).toMatchObject({
        [hidden.groups.namespace]: { 'containerd.namespace': hidden.namespace, 'view.seen_by': ['kernel'] },
        [hidden.groups.byHand]: { 'view.missing_from': ['runtime'] },
      })
    } finally {
      hidden.stop()
      await daemon?.kill('SIGTERM')
      for (const end of ended.toReversed()) await end()
      await sensor.stop()
      await docker.stop()
      rmSync(folder, { recursive: true, force: true })
    }
  },
  {
    timeout: 300_000,
    lacking: [
      ...new Set([
        ...missingForSensor(),
        ...missing({
          tshark: 'tshark',
          openssl: 'openssl',
          aide: 'aide',
          auditd: 'auditctl',
          laurel: 'laurel',
          suricata: 'suricata',
        }),
      ]),
    ],
  },
)

const SERVER =
  `mkdir -p /tmp; printf '[req]\\ndistinguished_name=dn\\n[dn]\\n' >/tmp/o.cnf; ` +
  `openssl req -config /tmp/o.cnf -x509 -newkey rsa:2048 -nodes -keyout /tmp/k.pem -out /tmp/c.pem -days 1 -subj /CN=t; ` +
  `exec openssl s_server -accept 4433 -key /tmp/k.pem -cert /tmp/c.pem -quiet -tls1 -cipher ALL:@SECLEVEL=0`

const LABELLED = ['--label', 'com.docker.compose.project=shop']

const PLANT = 'mkdir -p /opt; cp /bin/busybox /opt/planted; /opt/planted; true'

/** Asked until the server answers: it makes its key first. */
function acts(server: string): string {
  const connect = `openssl s_client -connect ${server}:4433 -tls1 -cipher ALL:@SECLEVEL=0`
  return (
    `echo x >/etc/ssl/certs/rogue.pem; ` +
    `for n in 1 2 3 4 5 6 7 8 9 10; do sleep 1 | ${connect} >/dev/null 2>&1 && break; sleep 1; done; ` +
    `timeout 6 sh -c 'while :; do :; done'; true`
  )
}

function startTshark(netns: string, file: string): ChildProcess {
  const words = [`--net=/run/netns/${netns}`, 'tshark', ...TSHARK]
  return spawn('nsenter', words, { stdio: ['ignore', openSync(file, 'a'), 'ignore'] })
}

function writeRules(folder: string): void {
  for (const [index, [title, { rule }]] of Object.entries(SEEN).entries())
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

/** The alerts by the titles of the rules, once each was raised of the container by all that see it. */
async function everything(
  daemon: Daemon | undefined,
  id: string,
): Promise<Readonly<Record<string, AlertView>> | undefined> {
  const { body } = (await daemon?.ask('/api/alerts?limit=500')) ?? { body: { items: [] } }
  const { items } = body as { items: readonly AlertView[] }
  const found = Object.entries(SEEN).flatMap(([title, { by }]) => {
    const alert = items.find((one) => one.rule.title === title && one.entity['container.id'] === id)
    const sources = new Set(alert?.evidence.map(({ source }) => source))
    return alert === undefined || !by.every((source) => sources.has(source)) ? [] : [[title, alert] as const]
  })
  return found.length === Object.keys(SEEN).length ? Object.fromEntries(found) : undefined
}
