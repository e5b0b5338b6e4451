import { chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseConfig } from '../config/load-config.ts'
import { discoveredInputs, yamlOf } from './discovered-inputs.ts'
import { discover, type Discovered } from './discovery.ts'
import { discoveryItems, startWords } from './discovery-view.ts'

let root: string
const servers: Server[] = []
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tm-'))
})
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
  rmSync(root, { recursive: true, force: true })
})

function file(path: string, content = ''): string {
  mkdirSync(join(root, dirname(path)), { recursive: true })
  writeFileSync(join(root, path), content)
  return join(root, path)
}

async function socket(path: string): Promise<string> {
  mkdirSync(join(root, dirname(path)), { recursive: true })
  const server = createServer().listen(join(root, path))
  servers.push(server)
  await once(server, 'listening')
  return join(root, path)
}

function found(): readonly Discovered[] {
  return discover({ root, env: {} }).filter(({ state }) => state === 'found')
}
const pathsFound = (): readonly string[] => found().map(({ path }) => path.slice(root.length))

it('finds nothing on an empty machine, and waits for what most machines have', () => {
  expect(found()).toEqual([])
  const inputs = discoveredInputs(discover({ root, env: {} }))
  expect(inputs.map(({ name }) => name)).toEqual([
    'docker',
    'podman',
    'kubernetes-audit',
    'falco',
    'zeek',
    'sensor',
    'tetragon',
    'suricata',
    'hubble',
    'osquery',
    'aide',
    'tracee',
    'auditd',
    'laurel',
  ])
  expect(startWords(discover({ root, env: {} }))[0]).toBe('nothing to read here yet')
})

it('finds engines by their sockets, rootless ones of every user too, and is not taken in by a folder', async () => {
  await socket('/run/docker.sock')
  await socket('/run/user/1000/podman/podman.sock')
  await socket('/run/user/1001/docker.sock')
  mkdirSync(join(root, '/run/podman/podman.sock'), { recursive: true })
  expect(found().map(({ input, path }) => [input, path.slice(root.length)])).toEqual([
    ['podman-rootless-1000', '/run/user/1000/podman/podman.sock'],
    ['docker-rootless-1001', '/run/user/1001/docker.sock'],
    ['docker', '/run/docker.sock'],
  ])
})

// only root can make what belongs to somebody else
describe.skipIf(process.getuid?.() !== 0)('a socket in which another user has a hand', () => {
  const USER = 1001
  const path = '/run/user/1001/docker.sock'
  const own = (path: string): void => chownSync(join(root, path), USER, USER)

  it.each<[string, () => Promise<unknown>]>([
    ['because it is theirs', async () => own(await socket(path).then(() => path))],
    [
      'because its folder is',
      async () => {
        await socket(path)
        own('/run/user/1001')
      },
    ],
    [
      'because a link of theirs leads to root’s',
      async () => {
        const real = await socket('/run/docker.sock')
        mkdirSync(join(root, '/run/user/1001'), { recursive: true })
        symlinkSync(real, join(root, path))
        own('/run/user/1001')
      },
    ],
  ])('is shown with the lines to add, and not read, %s', async (_why, make) => {
    await make()
    const places = discover({ root, env: {} })
    const inputs = discoveredInputs(places)
    expect(inputs.map(({ name }) => name)).not.toContain('docker-rootless-1001')
    const item = discoveryItems(places, inputs).find((each) => each.path === join(root, path))
    expect(item).toMatchObject({ state: 'found', message: expect.stringContaining('another user’s') })
    const { config } = parseConfig('x.yaml', `inputs:\n${item?.add}\n`)
    expect(config?.inputs).toEqual([
      { type: 'docker', name: 'docker-rootless-1001', socket: join(root, path) },
    ])
    expect(startWords(places)).toContainEqual(
      expect.stringMatching(/^found, another user’s .*rootless Docker/),
    )
    const text = yamlOf(places, { schema: 's.json' })
    expect(parseConfig('x.yaml', text).config?.inputs.map(({ name }) => name)).not.toContain(
      'docker-rootless-1001',
    )
    expect(text).toContain('#     name: docker-rootless-1001')
  })

  it('is read where it is root’s alone', async () => {
    await socket(path)
    expect(discoveredInputs(found()).map(({ name }) => name)).toContain('docker-rootless-1001')
  })
})

it('finds the engine that the environment names, and this user’s own, each once', async () => {
  const named = await socket('/a.sock')
  const own = await socket('/me/docker.sock')
  await socket('/me/podman/podman.sock')
  const env = { DOCKER_HOST: `unix://${named}`, XDG_RUNTIME_DIR: join(root, 'me') }
  const places = discover({ env }).filter(({ path }) => path.startsWith(root))
  expect(places.map(({ input, state }) => [input, state])).toEqual([
    ['docker-host', 'found'],
    ['docker-rootless', 'found'],
    ['podman-rootless', 'found'],
  ])
  const again = discover({ env: { ...env, DOCKER_HOST: `unix://${own}` } })
  expect(again.filter(({ path }) => path === own)).toHaveLength(1)
  expect(discover({ env: { DOCKER_HOST: 'tcp://10.0.0.1:2375' } }).map(({ input }) => input)).not.toContain(
    'docker-host',
  )
})

describe('Kubernetes audit logs', () => {
  it.each([
    '/var/log/kubernetes/audit/audit.log',
    '/var/log/kubernetes/audit.log',
    '/var/log/apiserver/audit.log',
    '/var/log/kube-apiserver/audit.log',
    '/var/lib/rancher/k3s/server/logs/audit.log',
    '/var/lib/rancher/rke2/server/logs/audit.log',
    '/var/log/kube-audit/audit-log.json',
  ])('%s', (path) => {
    file(path)
    const [place] = found()
    expect(place?.input).toBe('kubernetes-audit')
    expect(join(root, path).startsWith(place?.path ?? 'nowhere')).toBe(true)
    expect(found()).toHaveLength(1)
  })

  it('where the API server of kubeadm was told to write, as the machine sees it', () => {
    file(
      '/etc/kubernetes/manifests/kube-apiserver.yaml',
      `apiVersion: v1
kind: Pod
spec:
  containers:
    - command: [kube-apiserver, --audit-log-path=/var/log/inside/audit.log, --audit-log-maxage=7]
      volumeMounts:
        - { mountPath: /etc/ssl/certs, name: ca }
        - { mountPath: /var/log/inside, name: audit }
  volumes:
    - { name: ca, hostPath: { path: /etc/ssl/certs } }
    - { name: audit, hostPath: { path: /srv/audit } }
`,
    )
    file('/srv/audit/audit.log')
    expect(found()).toMatchObject([
      {
        path: join(root, '/srv/audit/audit.log'),
        message: 'found; named in /etc/kubernetes/manifests/kube-apiserver.yaml',
      },
    ])
  })

  it.each([
    [
      '/etc/rancher/k3s/config.yaml',
      'kube-apiserver-arg:\n  - "audit-log-path=/srv/k3s.log"\n',
      '/srv/k3s.log',
    ],
    ['/etc/rancher/rke2/config.yaml', "kube-apiserver-arg: ['audit-log-path=/srv/r.log']\n", '/srv/r.log'],
    ['/var/snap/microk8s/current/args/kube-apiserver', '--v=1\n--audit-log-path=/srv/m.log\n', '/srv/m.log'],
  ])('where %s says', (settings, text, log) => {
    file(settings, text)
    file(log)
    expect(pathsFound()).toEqual([log])
  })

  it('not what goes to standard output, nor what is no YAML', () => {
    file('/etc/kubernetes/manifests/kube-apiserver.yaml', '{ command: [--audit-log-path=-]')
    expect(found()).toEqual([])
  })
})

it('finds Falco’s output where its settings put it, and says when it is not JSON', () => {
  file(
    '/etc/falco/falco.yaml',
    'json_output: false\nfile_output:\n  enabled: true\n  filename: ./events.txt\n',
  )
  file('/etc/falco/config.d/more.yaml', 'file_output: { enabled: true, filename: /srv/falco.jsonl }\n')
  file('/events.txt')
  file('/srv/falco.jsonl')
  expect(found()).toMatchObject([
    { input: 'falco', path: join(root, 'events.txt'), message: expect.stringContaining('json_output: true') },
    { input: 'falco', path: join(root, 'srv/falco.jsonl') },
  ])
})

it('finds Zeek and the own sensor, and names what is there and not read yet', () => {
  file('/opt/zeek/logs/current/conn.log')
  file('/opt/zeek/logs/current/dns.log')
  mkdirSync(join(root, 'var/log/tallyman/sensor'), { recursive: true })
  file('/var/log/suricata/eve.json')
  mkdirSync(join(root, 'var/log/journal'), { recursive: true })
  const places = discover({ root, env: {} })
  const items = discoveryItems(places, discoveredInputs(places))
  expect(items.filter(({ state }) => state === 'reading').map(({ what }) => what)).toEqual([
    'Zeek logs',
    'Tallyman’s own sensor',
    'Suricata',
  ])
  const unread = items.filter(({ state }) => state === 'found')
  expect(unread.map(({ what }) => what)).toEqual(['the systemd journal'])
  for (const { message, add } of unread)
    expect([message, add]).toEqual([expect.stringContaining('not read yet'), undefined])
  expect(startWords(places)).toContainEqual(expect.stringMatching(/^there too, not read yet: .*journal$/))
})

it('prints a configuration that is valid and reads just what is there', async () => {
  await socket('/run/docker.sock')
  file('/opt/zeek/logs/current/conn.log')
  file('/var/log/falco.log')
  mkdirSync(join(root, 'var/log/journal'), { recursive: true })
  const places = discover({ root, env: {} })
  const text = yamlOf(places, { schema: '/opt/tallyman/docs/tallyman.schema.json' })
  expect(text).not.toContain('journal')
  expect(text).toContain('# yaml-language-server: $schema=/opt/tallyman/docs/tallyman.schema.json')
  const { config, problems } = parseConfig(join(root, 'tallyman.yaml'), text)
  expect(problems).toEqual([])
  expect(config?.inputs).toEqual([
    { type: 'docker', name: 'docker', socket: join(root, 'run/docker.sock') },
    {
      type: 'file',
      name: 'falco',
      paths: [join(root, 'var/log/falco.log')],
      sources: ['falco'],
      follow: true,
    },
    {
      type: 'file',
      name: 'zeek',
      paths: [join(root, 'opt/zeek/logs/current/conn.log')],
      sources: [
        'zeek.conn',
        'zeek.ssl',
        'zeek.x509',
        'zeek.dns',
        'zeek.http',
        'zeek.ssh',
        'zeek.files',
        'zeek.notice',
      ],
      follow: true,
    },
  ])
  expect(
    discoveryItems(places, config?.inputs ?? []).filter(({ state }) => state === 'reading'),
  ).toHaveLength(3)
})

it('a folder in the place of a socket, as a bind mount leaves it, is named with its mend', () => {
  mkdirSync(join(root, 'run/docker.sock'), { recursive: true })
  const places = discover({ root, env: {} })
  const docker = places.find(({ what }) => what === 'Docker Engine')
  expect(docker).toMatchObject({
    state: 'absent',
    message: 'is a folder, not a socket: remove it and restart Docker',
  })
  expect(startWords(places)).toContainEqual(expect.stringMatching(/^Docker Engine \(.*\): is a folder, not/))
})

it('gives the lines that a configuration lacks, also where names and paths are odd', async () => {
  const odd = 'unix: # ] \u001b[31m.sock'
  const path = await socket(`/${odd}`)
  const places = discover({ env: { DOCKER_HOST: `unix://${path}` } })
  const item = discoveryItems(places, []).find((each) => each.path === path)
  expect(item).toMatchObject({ state: 'found', message: 'found' })
  const { config, problems } = parseConfig('x.yaml', `inputs:\n${item?.add}\n`)
  expect(problems).toEqual([])
  expect(config?.inputs).toEqual([{ type: 'docker', name: 'docker-host', socket: path }])
})

it('asks the cluster that it runs in, and leaves the kubeconfigs of people alone', () => {
  const config = file('/home/ops/.kube/config', 'kind: Config')
  const env = { HOME: join(root, 'home/ops'), KUBERNETES_SERVICE_HOST: '10.96.0.1' }
  const places = discover({ env }).filter(({ type }) => type === 'kubernetes')
  expect(places.find(({ path }) => path === config)).toMatchObject({
    state: 'found',
    reserved: expect.anything() as string,
  })
  const inside: Discovered = {
    ...(places.find(({ what }) => what.includes('service account')) as Discovered),
    state: 'found',
  }
  const all = [inside, ...places.filter(({ path }) => path === config)]
  expect(discoveredInputs(all)).toMatchObject([{ type: 'kubernetes', name: 'kubernetes' }])
  expect(discoveredInputs(all)[0]).not.toHaveProperty('kubeconfig')
  const text = yamlOf(all, { schema: 'schema.json' })
  expect(parseConfig('tallyman.yaml', text)).toMatchObject({ config: { inputs: [{ type: 'kubernetes' }] } })
  expect(text).toContain(`#     kubeconfig: ${config}`)
  expect(startWords(all).join('\n')).toContain(
    `read only if the configuration says so: kubeconfig (${config})`,
  )
  expect(discoveryItems(all, discoveredInputs(all)).map(({ state }) => state)).toEqual(['reading', 'found'])
})
