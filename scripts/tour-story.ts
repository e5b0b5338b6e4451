import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { IMAGES, type Stage } from './tour-stage.ts'

/** One act of the story. */
export interface Act {
  /** Seconds since the recording began. */
  readonly at: number
  /** Whose it is: `shop` for its daily work, or, for the adversary, the strategy that must say so. */
  readonly by: string
  readonly what: string
  readonly run: (stage: Stage) => Promise<void> | void
}

const NGINX = IMAGES.nginx[0]
const API = IMAGES.api[0]
const DB = IMAGES.db[0]
const CACHE = IMAGES.cache[0]
const TOOLS = IMAGES.tools[0]
const STRANGER = IMAGES.stranger[0]

const PAGES = '/usr/share/nginx/html'
const KEY = '/etc/nginx/tls/server.key'

/** What runs before the recording begins: it is the inventory of the first start. */
export async function setTheStage({ docker, start, do: words }: Stage): Promise<void> {
  await words('network', 'create', 'shop')
  await words('volume', 'create', 'pgdata')
  await words('volume', 'create', 'backups')
  await start('db', ['--network', 'shop', '-v', 'pgdata:/var/lib/postgresql/data'], DB, 'sleep', '7200')
  await start(
    'cache',
    ['--network', 'shop'],
    CACHE,
    'sh',
    '-c',
    'while true; do nc -l -p 6379 >/dev/null; done',
  )
  await start(
    'api',
    ['--network', 'shop', '--health-cmd', 'true', '--health-interval', '60s'],
    API,
    'sleep',
    '7200',
  )
  const page = `mkdir -p ${PAGES} /etc/nginx/tls && echo '<h1>Shop</h1>' > ${PAGES}/index.html && exec httpd -f -p 80 -h ${PAGES}`
  await start('web', ['--network', 'shop', '-p', '8080:80'], NGINX, 'sh', '-c', page)
  const folder = mkdtempSync('/run/key-')
  try {
    writeFileSync(
      join(folder, 'server.key'),
      '-----BEGIN PRIVATE KEY-----\nnone\n-----END PRIVATE KEY-----\n',
    )
    await docker.docker('cp', join(folder, 'server.key'), `web:${KEY}`)
  } finally {
    rmSync(folder, { recursive: true })
  }
  mkdirSync('/srv/project', { recursive: true })
}

/** What stays when the recording ends. */
export const CAST = ['db', 'cache', 'api', 'web'] as const

const T1600 = 't1600-weaken-encryption'
const T1491 = 't1491.001-internal-defacement'
const T1560 = 't1560.003-archive-via-custom-method'
const T1608 = 't1608.003-install-digital-certificate'
const T1074 = 't1074.002-remote-data-staging'

export const STORY: readonly Act[] = [
  {
    at: 5,
    by: 'shop',
    what: 'a build runs',
    run: ({ once }) =>
      once(
        ['-v', '/srv/project:/build', '-w', '/build'],
        TOOLS,
        'sh',
        '-c',
        'echo building > out.txt && tar cf out.tar out.txt && rm out.txt out.tar',
      ),
  },
  {
    at: 20,
    by: 'shop',
    what: 'somebody looks into the API’s container',
    run: async ({ inside }) => {
      await inside('api', 'ls', '-l', '/tmp')
      await inside('api', 'openssl', 'version')
    },
  },
  {
    at: 45,
    by: 'shop',
    what: 'the nightly backup: an archive from one volume into another',
    run: ({ once }) =>
      once(
        ['-v', 'pgdata:/data:ro', '-v', 'backups:/backup'],
        TOOLS,
        'tar',
        'czf',
        '/backup/db.tgz',
        '-C',
        '/data',
        '.',
      ),
  },
  {
    at: 60,
    by: 'shop',
    what: 'a new version of the API is rolled out',
    run: async ({ do: words, start }) => {
      await words('stop', '-t', '1', 'api')
      await words('rm', 'api')
      await start('api', ['--network', 'shop'], API, 'sleep', '7200')
    },
  },
  {
    at: 110,
    by: T1491,
    what: 'through a hole in the shop, the adversary rewrites its start page',
    run: ({ inside }) =>
      inside('web', 'sh', '-c', `echo '<h1>This network is ours now</h1>' > ${PAGES}/index.html`),
  },
  {
    at: 150,
    by: T1600,
    what: 'and reads the key that protects its traffic',
    run: ({ inside }) => inside('web', 'sh', '-c', `cat ${KEY} | base64`),
  },
  {
    at: 185,
    by: 'shop',
    what: 'the database is looked at',
    run: ({ inside }) => inside('db', 'ls', '/var/lib/postgresql/data'),
  },
  {
    at: 220,
    by: T1600,
    what: 'with a stolen engine certificate: a shell in a container that leaves no trace, and a look at the packet filter',
    run: async ({ do: words, inside }) => {
      await words('run', '-dit', '--rm', '--name', 'tmp', '--cap-add', 'NET_ADMIN', STRANGER, 'sh')
      await inside('tmp', 'iptables', '-F', 'OUTPUT')
      await words('kill', 'tmp')
    },
  },
  {
    at: 290,
    by: T1560,
    what: 'a container with the host’s root and the host’s network, in which files are gathered and packed by a script',
    run: async ({ start, inside }) => {
      await start('maintenance', ['--network', 'host', '-v', '/:/host'], STRANGER, 'sleep', '7200')
      const pack = [
        'import os,zlib',
        'data=b"".join(open(os.path.join("/host/etc",n),"rb").read() for n in ("hostname","hosts"))',
        'packed=bytes(b^0x5a for b in zlib.compress(data))',
        'open("/tmp/.cache.bin","wb").write(packed)',
      ].join(';')
      await inside('maintenance', 'python3', '-c', pack)
    },
  },
  {
    at: 350,
    by: 'shop',
    what: 'the database restarts',
    run: ({ do: words }) => words('restart', '-t', '1', 'db'),
  },
  {
    at: 400,
    by: T1608,
    what: 'a certificate of their own, and a place among those that the host trusts',
    run: async ({ start, inside }) => {
      await inside(
        'maintenance',
        'openssl',
        'req',
        '-x509',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-keyout',
        '/tmp/k.pem',
        '-out',
        '/tmp/c.pem',
        '-days',
        '365',
        '-subj',
        '/CN=cdn.example',
      )
      await start('trust', ['-v', '/usr/local/share/ca-certificates:/ca'], STRANGER, 'sleep', '7200')
    },
  },
  {
    at: 470,
    by: 'shop',
    what: 'another build',
    run: ({ once }) => once([], TOOLS, 'sh', '-c', 'echo tests passed'),
  },
  {
    at: 530,
    by: T1074,
    what: 'a privileged container with much memory as disk: what was packed is staged there',
    run: async ({ start, inside }) => {
      await start(
        'stage',
        ['--privileged', '--network', 'shop', '--tmpfs', '/stage:size=4g'],
        STRANGER,
        'sleep',
        '7200',
      )
      await inside(
        'stage',
        'sh',
        '-c',
        'mkdir -p /stage/.x && head -c 65536 /dev/urandom > /stage/.x/part1.bin',
      )
    },
  },
  {
    at: 590,
    by: T1600,
    what: 'in the cluster: a secret is read and a network policy removed',
    run({ audit }) {
      audit(request('get', 'secrets', 'payment-keys', 200))
      audit(request('delete', 'networkpolicies', 'default-deny', 200))
    },
  },
  {
    at: 640,
    by: 'shop',
    what: 'the controller reads what it always reads',
    run: ({ audit }) =>
      audit({
        ...request('list', 'configmaps', undefined, 200),
        user: { username: 'system:serviceaccount:shop:api', groups: ['system:serviceaccounts'] },
        userAgent: 'api/2.4.1',
      }),
  },
]

/** A request about one object of the shop, by somebody whose account was taken over. */
function request(
  verb: string,
  resource: string,
  name: string | undefined,
  code: number,
): Readonly<Record<string, unknown>> {
  const group = resource === 'networkpolicies' ? { apiGroup: 'networking.k8s.io' } : {}
  return {
    level: 'Metadata',
    stage: 'ResponseComplete',
    verb,
    user: { username: 'contractor@shop.example', groups: ['system:authenticated'] },
    sourceIPs: ['203.0.113.24'],
    userAgent: 'kubectl/v1.33.4 (linux/amd64) kubernetes/6b9e3a1',
    objectRef: {
      resource,
      namespace: 'shop',
      ...(name === undefined ? {} : { name }),
      apiVersion: 'v1',
      ...group,
    },
    responseStatus: { metadata: {}, code },
  }
}
