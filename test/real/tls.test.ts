import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { eventually, startDaemon, type Daemon } from '../daemon.ts'
import { missing, realTest, startDocker, type DockerEngine } from './engine.ts'
import { recordZeek } from './zeek-records.ts'

const IMAGE = 'test/openssl:1'
/** OpenSSL asks for its configuration, which the image does not have. */
const CONFIG = '[req]\\ndistinguished_name=dn\\n[dn]\\n'
const SERVE = (port: number, ...options: readonly string[]): string =>
  `printf '${CONFIG}' >/tmp/o.cnf; ` +
  `openssl req -config /tmp/o.cnf -x509 -newkey rsa:2048 -nodes -keyout /tmp/k.pem -out /tmp/c.pem -days 1 -subj /CN=t; ` +
  `exec openssl s_server -accept ${port} -key /tmp/k.pem -cert /tmp/c.pem -quiet ${options.join(' ')}`
const WEAK = ['-cipher', 'ALL:@SECLEVEL=0'] as const

interface Told {
  readonly rule: { readonly title: string }
  readonly level: string
  readonly entity: Readonly<Record<string, unknown>>
  readonly strategy: { readonly id: string }
  readonly evidence: readonly {
    readonly source: string
    readonly fields: Readonly<Record<string, unknown>>
  }[]
}

/** A container that waits to be told what to do; returns its id. */
async function wait(engine: DockerEngine, name: string): Promise<string> {
  return (await engine.docker('run', '-d', '--name', name, IMAGE, 'sleep', '300')).trim()
}

/** A handshake of the waiting container; one that is refused is none of this function's concern. */
async function connect(
  engine: DockerEngine,
  name: string,
  to: string,
  port: number,
  options: readonly string[],
): Promise<void> {
  const words = `echo | openssl s_client -connect ${to}:${port} ${options.join(' ')} >/dev/null 2>&1; true`
  await engine.docker('exec', name, 'sh', '-c', words)
}

async function serve(
  engine: DockerEngine,
  name: string,
  port: number,
  options: readonly string[],
): Promise<string> {
  await engine.docker('run', '-d', '--name', name, IMAGE, 'sh', '-c', SERVE(port, ...options))
  const address = await engine.docker('inspect', '-f', '{{.NetworkSettings.IPAddress}}', name)
  return address.trim()
}

/** A daemon that is busy with its start may break an answer off: it is asked again. */
function answer<T>(daemon: Daemon, path: string): Promise<T> {
  return eventually(
    async () => (await daemon.ask(path).catch(() => undefined))?.body as T | undefined,
    60_000,
    path,
  )
}

async function alerts(daemon: Daemon): Promise<readonly Told[]> {
  const { items } = await answer<{ items: readonly { readonly id: string }[] }>(
    daemon,
    '/api/alerts?limit=500',
  )
  return Promise.all(items.map(({ id }) => answer<Told>(daemon, `/api/alerts/${id}`)))
}

function entriesOf(folder: string, log: string): readonly Readonly<Record<string, unknown>>[] {
  const text = readFileSync(join(folder, `${log}.log`), 'utf8').trimEnd()
  return text === '' ? [] : text.split('\n').map((line) => JSON.parse(line) as Record<string, unknown>)
}

realTest(
  'names client and server of weak TLS handshakes between containers, and stays silent about TLS 1.3',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tallyman-tls-'))
    const docker = await startDocker()
    const recorder = await recordZeek({
      netns: docker.netns,
      folder: join(folder, 'zeek'),
      ports: [4433, 4434, 4435],
    })
    let daemon: Daemon | undefined
    try {
      await docker.image(IMAGE, '/usr/bin/openssl')
      const config = join(folder, 'tallyman.yaml')
      writeFileSync(
        config,
        `inputs:\n  - { type: docker, name: docker, socket: ${docker.socket} }\n  - { type: file, name: zeek, paths: ["${recorder.folder}"] }\n`,
      )
      daemon = startDaemon(join(folder, 'data'), config)
      const running = daemon
      await running.url()
      // what was there before the first look is told in the posture report, by its inspect alone
      await eventually(async () => {
        const body = await answer(running, '/api/status')
        return JSON.stringify(body).includes('"state":"reading"') ? true : undefined
      }, 60_000)

      const old = await serve(docker, 'old-server', 4433, ['-tls1', ...WEAK])
      const open = await serve(docker, 'open-server', 4434, ['-tls1_2', '-cipher', 'NULL-SHA256:@SECLEVEL=0'])
      const current = await serve(docker, 'current-server', 4435, ['-tls1_3'])
      const oldClient = await wait(docker, 'old-client')
      const openClient = await wait(docker, 'open-client')
      await wait(docker, 'current-client')
      await wait(docker, 'refused-client')
      // each is created, connected and started, and inspected with its address before that is committed
      await eventually(async () => {
        const { sources } = await answer<{ sources: Readonly<Record<string, number>> }>(
          running,
          '/api/totals',
        )
        return (sources['docker.events'] ?? 0) >= 7 * 3 ? true : undefined
      }, 60_000)
      await connect(docker, 'old-client', old, 4433, ['-tls1', ...WEAK])
      await connect(docker, 'open-client', open, 4434, ['-tls1_2', '-cipher', 'NULL-SHA256:@SECLEVEL=0'])
      await connect(docker, 'current-client', current, 4435, ['-tls1_3'])
      await connect(docker, 'refused-client', current, 4435, ['-tls1', ...WEAK])

      const told = await eventually(async () => {
        const found = (await alerts(running)).filter(({ rule }) => rule.title.startsWith('TLS session'))
        return found.length >= 2 && entriesOf(recorder.folder, 'ssl').length >= 4 ? found : undefined
      }, 90_000)
      await sleep(1_500)
      const later = (await alerts(running)).filter(({ rule }) => rule.title.startsWith('TLS session'))
      expect(new Set(later.map(({ entity }) => entity['container.name']))).toEqual(
        new Set(['old-client', 'open-client']),
      )

      const of = (name: string): Told | undefined =>
        told.find(({ entity }) => entity['container.name'] === name)
      expect(of('old-client')).toMatchObject({
        rule: { title: 'TLS session of a container with an outdated version or a weak cipher' },
        strategy: { id: 't1600-weaken-encryption' },
        level: 'medium',
        entity: { 'container.id': oldClient, 'container.image.name': 'test/openssl' },
      })
      expect(of('old-client')?.evidence[0]).toMatchObject({
        source: 'zeek.ssl',
        fields: {
          version: 'TLSv10',
          cipher: expect.stringMatching(/^TLS_\w+_SHA$/),
          established: true,
          'id.resp_h': old,
          'id.resp_p': 4433,
          'client.container.name': 'old-client',
          'client.container.image.name': 'test/openssl',
          'server.container.name': 'old-server',
          'server.container.image.name': 'test/openssl',
        },
      })
      expect(of('open-client')).toMatchObject({
        rule: { title: 'TLS session of a container that protects nothing' },
        level: 'high',
        entity: { 'container.id': openClient },
      })
      expect(of('open-client')?.evidence[0]?.fields).toMatchObject({
        version: 'TLSv12',
        cipher: 'TLS_RSA_WITH_NULL_SHA256',
        'server.container.name': 'open-server',
      })

      // the silent ones were seen, too
      expect(entriesOf(recorder.folder, 'ssl')).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ version: 'TLSv13', established: true, 'id.resp_p': 4435 }),
          expect.objectContaining({ established: false, last_alert: 'protocol_version', 'id.resp_p': 4435 }),
        ]),
      )
      expect(entriesOf(recorder.folder, 'x509')).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ 'certificate.subject': 'CN=t', 'certificate.key_length': 2048 }),
        ]),
      )
      const body = await answer(running, '/api/status')
      expect(JSON.stringify(body)).not.toContain('not read yet')
    } finally {
      await daemon?.kill('SIGTERM')
      await recorder.stop()
      await recorder.stop()
      await docker.stop()
      rmSync(folder, { recursive: true, force: true })
    }
  },
  { timeout: 180_000, lacking: missing({ tshark: 'tshark', openssl: 'openssl' }) },
)
