import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { firedBy } from '../src/engine/fired-by.ts'
import type { Event } from '../src/domain/event.ts'
import { readEvents } from '../src/read-events.ts'
import { compilePredicate, compileRules } from '../src/sigma/sigma.ts'
import { dockerInspect } from '../src/sources/docker-inspect.ts'
import { kubernetesAudit } from '../src/sources/kubernetes-audit.ts'
import type { Source } from '../src/sources/source.ts'
import { levelOf } from '../src/strategy/levels.ts'
import { lintStrategy } from '../src/strategy/lint.ts'
import { loadStrategies } from '../src/strategy/load.ts'
import { parseStrategy } from '../src/strategy/parse.ts'
import { runStrategyTests } from '../src/strategy/run-tests.ts'

const { strategies } = await loadStrategies(resolve(import.meta.dirname, '../strategies'))
const { ruleset, refused, warnings } = compileRules(
  strategies.flatMap((strategy) => strategy.rules),
  { lists: new Map() },
)

describe('the shipped strategies', () => {
  it('compile without a warning', () => {
    expect(refused).toEqual([])
    expect(warnings).toEqual([])
  })

  it.each(strategies.map((strategy) => [strategy.id, strategy] as const))(
    '%s reaches L3',
    async (_id, strategy) => {
      const findings = lintStrategy(parseStrategy(strategy.file, strategy.text), {
        now: Date.UTC(2026, 10, 21),
        others: strategies,
        compile: compileRules,
      })
      const results = await runStrategyTests(strategy, {
        compile: compileRules,
        predicate: compilePredicate,
        readEvents,
        correlate: firedBy,
      })
      expect(findings.filter(({ severity }) => severity !== 'hint')).toEqual([])
      expect(results.filter(({ pass }) => !pass)).toEqual([])
      expect(levelOf(strategy, findings, results).level).toBe('L3')
    },
  )

  it('have priorities whose conditions compile', () => {
    const conditions = strategies.flatMap(({ file, priority }) =>
      (priority?.when ?? []).map((condition) =>
        compilePredicate({ ...condition.if }, { lists: new Map(), file, line: 1 }),
      ),
    )
    expect(conditions.length).toBeGreaterThan(0)
    expect(conditions.filter((compiled) => 'problems' in compiled)).toEqual([])
  })

  it('never rate a match by who created the pod', () => {
    const asked = strategies.flatMap(({ priority }) =>
      (priority?.when ?? []).flatMap((condition) => Object.keys(condition.if)),
    )
    expect(asked.filter((field) => /^(?:user\.name|k8s\.owner\.kind)(?:\||$)/.test(field))).toEqual([])
  })
})

/** Rules that only correlations hear of. */
const signals = new Set(
  ruleset.rules.filter(({ signalOf }) => signalOf !== undefined).map(({ title }) => title),
)

/** Titles of the rules that a record of the source raises, with lists unset. */
function raised(source: Source, json: object): readonly string[] {
  const decoded = source.decoder().decode({ stream: 's', position: 0, text: JSON.stringify(json), json })
  const events: readonly Event[] = decoded.kind === 'evaluated' ? decoded.events : []
  expect(events.length).toBeGreaterThan(0)
  const titles = events.flatMap((event) => ruleset.match(event).map((match) => match.rule.title))
  return [...new Set(titles)].filter((title) => !signals.has(title)).sort()
}

interface Specification {
  readonly command: readonly string[]
  readonly host?: object
  readonly tty?: boolean
  readonly mounts?: readonly object[]
}

function inspected({ command, host = {}, tty = false, mounts = [] }: Specification): object {
  return {
    Id: 'a'.repeat(64),
    Name: '/one',
    Created: '2026-11-20T10:00:00Z',
    Path: command[0],
    Args: command.slice(1),
    Image: `sha256:${'b'.repeat(64)}`,
    State: { Status: 'created', Pid: 0 },
    Config: {
      Image: 'registry.example.org/one:1',
      Cmd: command,
      Entrypoint: null,
      Tty: tty,
      OpenStdin: tty,
      User: '',
      Env: [],
      Labels: {},
    },
    HostConfig: {
      NetworkMode: 'bridge',
      Privileged: false,
      PidMode: '',
      IpcMode: 'private',
      CapAdd: null,
      AutoRemove: false,
      ...host,
    },
    Mounts: mounts,
    NetworkSettings: { Networks: {} },
  }
}

function bind(source: string, destination: string, mode: 'rw' | 'ro' = 'rw'): object {
  return {
    Type: 'bind',
    Source: source,
    Destination: destination,
    Mode: mode,
    RW: mode === 'rw',
    Propagation: 'rprivate',
  }
}

const volume = {
  Type: 'volume',
  Name: 'data',
  Source: '/var/lib/docker/volumes/data/_data',
  Destination: '/data',
  Driver: 'local',
  Mode: 'z',
  RW: true,
}

describe('ordinary containers', () => {
  it.each<[string, Specification]>([
    [
      'a web server of a stack',
      {
        command: ['nginx', '-g', 'daemon off;'],
        mounts: [volume, bind('/etc/localtime', '/etc/localtime', 'ro'), bind('/home/ann/src/shop', '/src')],
        host: { NetworkMode: 'shop_default', PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '8080' }] } },
      },
    ],
    ['a database', { command: ['postgres'], mounts: [volume] }],
    [
      'a job that builds and tests',
      {
        command: ['sh', '-c', 'npm ci && npm test && cp -r dist /out'],
        host: { AutoRemove: true },
        mounts: [bind('/builds/shop', '/src')],
      },
    ],
    ['openssl verify', { command: ['openssl', 'verify', '-CAfile', 'ca.crt', 'site.crt'] }],
    [
      'openssl s_client',
      { command: ['sh', '-c', 'openssl s_client -connect db:443 </dev/null | openssl x509 -noout -dates'] },
    ],
    [
      'a health check every second',
      { command: ['sh', '-c', 'while true; do curl -fsS http://localhost/health; sleep 1; done'] },
    ],
    [
      'a client with a certificate of its own',
      {
        command: [
          'sh',
          '-c',
          'curl --cert c.pem --key /tls/client.key -d @payload.json https://api.example.org/',
        ],
      },
    ],
    [
      'names of users and of time',
      {
        command: ['app'],
        mounts: ['/etc/passwd', '/etc/group', '/etc/timezone', '/etc/hosts', '/etc/resolv.conf'].map((path) =>
          bind(path, path, 'ro'),
        ),
      },
    ],
    [
      'a serial port and a graphics card',
      {
        command: ['app'],
        host: {
          Devices: ['/dev/ttyUSB0', '/dev/dri/renderD128'].map((path) => ({
            PathOnHost: path,
            PathInContainer: path,
            CgroupPermissions: 'rwm',
          })),
          DeviceCgroupRules: ['c 188:* rmw'],
        },
      },
    ],
    [
      'the usual bundle of roots',
      { command: ['app'], mounts: [bind('/etc/ssl/certs', '/etc/ssl/certs', 'ro')] },
    ],
  ])('%s raises nothing', (_name, specification) => {
    expect(raised(dockerInspect, inspected(specification))).toEqual([])
  })
})

describe('containers with the reach of their host', () => {
  it.each<[string, Specification, string]>([
    [
      'host network',
      { command: ['sleep', '1'], host: { NetworkMode: 'host' } },
      "Container in the host's network namespace",
    ],
    [
      'the root of the host',
      { command: ['sleep', '1'], mounts: [bind('/', '/host')] },
      'Host path that controls the host mounted into a container',
    ],
    [
      'privileged',
      { command: ['sleep', '1'], host: { Privileged: true } },
      'Container with access that amounts to the host',
    ],
    [
      'every device of the host',
      {
        command: ['sleep', '1'],
        host: { Devices: [{ PathOnHost: '/dev', PathInContainer: '/dev', CgroupPermissions: 'rwm' }] },
      },
      'Container with access that amounts to the host',
    ],
    [
      'a rule for the disks of the host',
      { command: ['sleep', '1'], host: { DeviceCgroupRules: ['b *:* rwm'] } },
      'Container with access that amounts to the host',
    ],
    [
      'the root of init',
      { command: ['sleep', '1'], mounts: [bind('/proc/1/root', '/host', 'ro')] },
      'Host path that controls the host mounted into a container',
    ],
    [
      'accounts that can be written',
      { command: ['sleep', '1'], mounts: [bind('/etc/passwd', '/etc/passwd')] },
      'Host path that controls the host mounted into a container',
    ],
    [
      'the banner of the host through the root of init',
      { command: ['sh', '-c', 'echo owned >/h/etc/motd'], mounts: [bind('/proc/1/root', '/h')] },
      'Container writes banners, backgrounds or web content of its host',
    ],
    [
      'the banner of the host from its folder',
      { command: ['sh', '-c', 'cd /h && echo owned > motd'], mounts: [bind('/etc', '/h')] },
      'Container writes banners, backgrounds or web content of its host',
    ],
    [
      'a certificate',
      {
        command: [
          'sh',
          '-c',
          'openssl req -x509 -newkey rsa:4096 -keyout key.pem -out cert.pem -days 365 -nodes -subj /CN=example.com',
        ],
      },
      'Self-signed certificate and unencrypted key made in one command in a container',
    ],
    [
      'a desktop background',
      { command: ['gsettings', 'set', 'org.gnome.desktop.background', 'picture-uri', 'file:///tmp/x.jpg'] },
      'Desktop background changed by a command in a container',
    ],
    [
      'the banner of the host',
      { command: ['sh', '-c', 'echo owned >/h/motd'], mounts: [bind('/etc', '/h')] },
      'Container writes banners, backgrounds or web content of its host',
    ],
    [
      'a proxy with the socket read-only',
      { command: ['traefik'], mounts: [bind('/var/run/docker.sock', '/var/run/docker.sock', 'ro')] },
      'Host path that controls the host mounted into a container',
    ],
    [
      'a disposable shell',
      { command: ['/bin/bash'], tty: true, host: { AutoRemove: true } },
      'Interactive shell in a container that deletes itself',
    ],
  ])('%s is reported', (_name, specification, title) => {
    expect(raised(dockerInspect, inspected(specification))).toContain(title)
  })
})

function audited(parts: object): object {
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'RequestResponse',
    auditID: '0f8fad5b-d9cb-469f-a165-70867728950e',
    stage: 'ResponseComplete',
    requestURI: '/api/v1',
    user: { username: 'mallory' },
    responseStatus: { code: 200 },
    stageTimestamp: '2026-11-20T10:00:00.000000Z',
    ...parts,
  }
}

describe('requests to the API server', () => {
  it.each<[string, object, string]>([
    [
      'an annotation whose key holds dots',
      {
        verb: 'patch',
        objectRef: { resource: 'pods', namespace: 'a', name: 'b' },
        requestObject: { metadata: { annotations: { 'sidecar.istio.io/inject': 'false' } } },
      },
      'Workload taken out of the service mesh',
    ],
    [
      'an annotation by a JSON patch',
      {
        verb: 'patch',
        objectRef: { resource: 'pods', namespace: 'a', name: 'b' },
        requestObject: [
          { op: 'add', path: '/metadata/annotations/sidecar.istio.io~1inject', value: 'false' },
        ],
        responseObject: { metadata: { annotations: { 'sidecar.istio.io/inject': 'false' } } },
      },
      'Workload taken out of the service mesh',
    ],
    [
      'a static pod',
      {
        verb: 'create',
        user: { username: 'system:node:n1' },
        objectRef: { resource: 'pods', namespace: 'kube-system', name: 'helper-n1' },
        responseStatus: { code: 201 },
        responseObject: {
          kind: 'Pod',
          metadata: {
            name: 'helper-n1',
            namespace: 'kube-system',
            uid: 'u1',
            ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'n1', uid: 'u0', controller: true }],
          },
          spec: { containers: [{ name: 'a', image: 'busybox', securityContext: { privileged: true } }] },
        },
      },
      'Bare pod with power over its node created by hand',
    ],
    [
      'a policy that is open on a port',
      {
        verb: 'create',
        responseStatus: { code: 201 },
        objectRef: { resource: 'networkpolicies', namespace: 'a', name: 'b' },
        responseObject: { spec: { podSelector: {}, ingress: [{ ports: [{ protocol: 'TCP', port: 22 }] }] } },
      },
      'Network policy opened to everybody',
    ],
    [
      'an index page in a ConfigMap',
      {
        verb: 'patch',
        objectRef: { resource: 'configmaps', namespace: 'a', name: 'b' },
        requestObject: { data: { 'index.html': 'x' } },
      },
      'Index page in a ConfigMap changed by somebody who does not deploy',
    ],
    [
      'a policy with an empty rule',
      {
        verb: 'patch',
        objectRef: { resource: 'networkpolicies', namespace: 'a', name: 'b' },
        responseObject: { spec: { ingress: [{}] } },
      },
      'Network policy opened to everybody',
    ],
  ])('%s is reported', (_name, parts, title) => {
    expect(raised(kubernetesAudit, audited(parts))).toContain(title)
  })

  it.each<[string, object]>([
    [
      'a kubelet that mounts a Secret',
      {
        verb: 'get',
        user: { username: 'system:node:n1' },
        objectRef: { resource: 'secrets', namespace: 'a', name: 'b' },
      },
    ],
    [
      'a collector that lists Secrets',
      {
        verb: 'list',
        user: { username: 'system:serviceaccount:kube-system:generic-garbage-collector' },
        objectRef: { resource: 'secrets' },
      },
    ],
    [
      'a controller that writes back a pod outside the mesh',
      {
        verb: 'update',
        user: { username: 'system:serviceaccount:jobs:controller' },
        objectRef: { resource: 'pods', namespace: 'a', name: 'b' },
        requestObject: {
          kind: 'Pod',
          metadata: { name: 'b', annotations: { 'sidecar.istio.io/inject': 'false' } },
          spec: { containers: [{ name: 'a', image: 'app' }] },
        },
        responseObject: {
          kind: 'Pod',
          metadata: { name: 'b', uid: 'u1', annotations: { 'sidecar.istio.io/inject': 'false' } },
          spec: { containers: [{ name: 'a', image: 'app' }] },
        },
      },
    ],
    [
      'a policy that denies everything',
      {
        verb: 'create',
        responseStatus: { code: 201 },
        objectRef: { resource: 'networkpolicies', namespace: 'a', name: 'b' },
        responseObject: { spec: { podSelector: {}, policyTypes: ['Ingress'] } },
      },
    ],
  ])('%s raises nothing', (_name, parts) => {
    expect(raised(kubernetesAudit, audited(parts))).toEqual([])
  })
})
