import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DockerEngine } from './real/engine.ts'
import { certificates, withFolder, type Workload } from './sensor-workloads.ts'

/**
 * What runs beside applications in most fleets, and does what intruders do: as an ordinary program, for a reason. It
 * raises what its documents explain, and nothing once its image is listed.
 */
export interface OrdinaryContainer extends Workload {
  /** What its image is made of, beside busybox: programs of this machine; a folder or file where it ends with a slash. */
  readonly image: readonly [name: string, ...parts: readonly string[]]
  /** Lists of the site that name its image. */
  readonly lists: readonly string[]
}

/** The file of its recording, below the folder of recordings. */
export function recordingOf({ name }: Workload): string {
  return `ordinary/${name.replaceAll(/[^a-z]+/g, '-')}.jsonl`
}

const MESH = 'test/mesh:1'
const SHIPPER = 'test/shipper:1'
const BACKUP = 'test/backup:1'
const RENEWAL = 'test/renewal:1'

/** Inbound traffic of the pod goes to the proxy, as a mesh's init container does it. */
const REDIRECT =
  'iptables -t nat -N MESH_IN && iptables -t nat -A MESH_IN -p tcp -j REDIRECT --to-ports 15006 && iptables -t nat -A PREROUTING -p tcp --dport 8443 -j MESH_IN && iptables -t nat -S'
const PROXY = `global
  maxconn 100
defaults
  mode http
  timeout connect 5s
  timeout client 5s
  timeout server 5s
frontend inbound
  bind :15006 ssl crt /certs/site.pem
  default_backend app
backend app
  server app 127.0.0.1:8080
`
const SHIP = `module(load="imfile")
input(type="imfile" File="/host/containers/*/*-json.log" Tag="containers")
input(type="imfile" File="/var/log/dpkg.log" Tag="host")
global(workDirectory="/var/spool/ship")
*.* action(type="omfwd" target="sink" port="514" protocol="tcp" queue.type="linkedlist")
`
/** Encrypted by the tool itself, then a dump that gpg encrypts, both carried to another machine. */
const BACK_UP = `set -e
restic -q init && restic -q backup /data && restic -q check
tar -czf /pack/data.tgz -C /data . && gpg --batch --yes --pinentry-mode loopback --passphrase-file /keys/pass -c /pack/data.tgz
rsync -a -e 'ssh -i /keys/id_ed25519 -o StrictHostKeyChecking=no -o UserKnownHostsFile=/pack/hosts' /repo /pack/data.tgz.gpg root@vault:/store/`
/** As certbot lays its files down: what is current is a link into the archive; and the server is told. */
const RENEW = `set -e
cd /etc/letsencrypt/archive/shop
openssl genrsa -out privkey2.pem 2048
openssl req -new -key privkey2.pem -subj /CN=shop -config /etc/ssl/openssl.cnf -out shop2.csr
openssl x509 -req -in shop2.csr -CA /authority/ca.crt -CAkey /authority/ca.key -CAcreateserial -CAserial /tmp/serial -out cert2.pem -days 90
cat cert2.pem /authority/ca.crt > fullchain2.pem
for f in privkey fullchain; do ln -sf ../../archive/shop/$f"2.pem" /etc/letsencrypt/live/shop/$f.pem; done
openssl x509 -in /etc/letsencrypt/live/shop/fullchain.pem -noout -enddate
nginx -c /etc/letsencrypt/nginx.conf -t`
const NGINX = `user root;
pid /run/nginx.pid;
error_log /dev/null;
events {}
http { access_log off; server { listen 443 ssl; ssl_certificate /etc/letsencrypt/live/shop/fullchain.pem; ssl_certificate_key /etc/letsencrypt/live/shop/privkey.pem; } }
`

export const ORDINARY: readonly OrdinaryContainer[] = [
  {
    name: 'a proxy beside an application, and the init container that sends its traffic there',
    image: [MESH, 'haproxy', 'iptables', 'curl', '/usr/lib/x86_64-linux-gnu/xtables/'],
    lists: ['hostNetworkAllowed', 'powerAllowed'],
    rules: [
      'container_network_capability',
      'custom_network_settings',
      'packet_filter_changed',
      'packet_filter_consulted',
    ],
    run: (docker) =>
      withFolder(async (folder) => {
        certificates(folder)
        execFileSync('sh', ['-c', 'cat site.crt site.key > site.pem'], { cwd: folder })
        writeFileSync(join(folder, 'haproxy.cfg'), PROXY)
        await docker.docker('network', 'create', 'mesh')
        await docker.docker(
          'run',
          '-d',
          '--name',
          'shop',
          '--network',
          'mesh',
          MESH,
          'sh',
          '-c',
          'mkdir /w; echo hello > /w/index.html; httpd -f -p 127.0.0.1:8080 -h /w',
        )
        await docker.docker(
          'run',
          '--name',
          'init',
          '--network',
          'container:shop',
          '--cap-drop',
          'ALL',
          '--cap-add',
          'NET_ADMIN',
          '--cap-add',
          'NET_RAW',
          MESH,
          'sh',
          '-c',
          REDIRECT,
        )
        await docker.docker(
          'run',
          '-d',
          '--name',
          'proxy',
          '--network',
          'container:shop',
          '-v',
          `${folder}:/certs:ro`,
          MESH,
          'haproxy',
          '-db',
          '-f',
          '/certs/haproxy.cfg',
        )
        await sleep(1_500)
        await docker.docker(
          'run',
          '--name',
          'caller',
          '--network',
          'mesh',
          '-v',
          `${folder}/ca.crt:/ca.crt:ro`,
          MESH,
          'curl',
          '-fsS',
          '--cacert',
          '/ca.crt',
          '--connect-to',
          'site:8443:shop:8443',
          'https://site:8443/',
        )
        await docker.docker('rm', '-f', 'proxy', 'shop')
      }),
  },
  {
    name: 'a shipper of the logs of host and containers',
    image: [SHIPPER, 'rsyslogd', '/usr/lib/x86_64-linux-gnu/rsyslog/'],
    lists: ['hostPathAllowed'],
    rules: ['host_path_observed_read'],
    run: (docker) =>
      withFolder(async (folder) => {
        writeFileSync(join(folder, 'ship.conf'), SHIP)
        await docker.docker('network', 'create', 'logs')
        await docker.docker(
          'run',
          '-d',
          '--name',
          'sink',
          '--network',
          'logs',
          SHIPPER,
          'sh',
          '-c',
          'nc -lk -p 514 > /received',
        )
        await docker.docker(
          'run',
          '-d',
          '--name',
          'ship',
          '--network',
          'logs',
          '-v',
          '/var/log:/var/log:ro',
          '-v',
          `${docker.dataRoot}/containers:/host/containers:ro`,
          '-v',
          `${folder}:/etc/ship:ro`,
          SHIPPER,
          'sh',
          '-c',
          'mkdir -p /var/spool/ship && exec rsyslogd -n -f /etc/ship/ship.conf -i /run/ship.pid',
        )
        await sleep(2_500)
        await docker.docker('rm', '-f', 'ship', 'sink')
      }),
  },
  {
    name: 'a backup of a volume, encrypted and carried to another machine',
    image: [
      BACKUP,
      'restic',
      'gpg',
      'gpg-agent',
      'gpgconf',
      'tar',
      'gzip',
      'rsync',
      'ssh',
      'sshd',
      '/etc/passwd/',
      '/etc/group/',
    ],
    lists: ['stagingOk'],
    rules: ['encryption_tool_run', 'file_sent_by_tool', 'file_service_asked'],
    run: (docker) =>
      withFolder(async (folder) => {
        const keys = join(folder, 'keys')
        mkdirSync(keys, { mode: 0o700 })
        execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(keys, 'id_ed25519')])
        execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'server')])
        writeFileSync(join(keys, 'pass'), 'a word\n', { mode: 0o600 })
        await docker.docker('volume', 'create', 'orders')
        await docker.docker('network', 'create', 'backups')
        await docker.docker(
          'run',
          '--name',
          'orders',
          '-v',
          'orders:/data',
          BACKUP,
          'sh',
          '-c',
          'head -c 200000 /dev/urandom > /data/base',
        )
        await docker.docker(
          'run',
          '-d',
          '--name',
          'vault',
          '--network',
          'backups',
          '-v',
          `${folder}:/keys:ro`,
          BACKUP,
          'sh',
          '-c',
          'sed -i s,/bin/bash,/bin/sh, /etc/passwd && mkdir -p /run/sshd /store /root/.ssh && cat /keys/keys/id_ed25519.pub > /root/.ssh/authorized_keys && cp /keys/server /host && chmod 600 /host && exec "$(command -v sshd)" -D -e -f /dev/null -h /host -o UsePAM=no -o StrictModes=no',
        )
        await sleep(1_000)
        await docker.docker(
          'run',
          '--name',
          'nightly',
          '--network',
          'backups',
          '-e',
          'RESTIC_REPOSITORY=/repo',
          '-e',
          'RESTIC_PASSWORD_FILE=/keys/pass',
          '-e',
          'HOME=/pack',
          '--tmpfs',
          '/pack',
          '-v',
          'orders:/data:ro',
          '-v',
          `${keys}:/keys:ro`,
          BACKUP,
          'sh',
          '-c',
          BACK_UP,
        )
        await docker.docker('rm', '-f', 'vault')
      }),
  },
  {
    name: 'a certificate that is renewed',
    image: [RENEWAL, 'openssl', 'nginx', '/etc/ssl/openssl.cnf/', '/etc/passwd/', '/etc/group/'],
    lists: ['certImages'],
    rules: ['certificate_tool'],
    run: (docker) =>
      withFolder(async (folder) => {
        mkdirSync(join(folder, 'authority'))
        certificates(join(folder, 'authority'))
        mkdirSync(join(folder, 'le/archive/shop'), { recursive: true })
        mkdirSync(join(folder, 'le/live/shop'), { recursive: true })
        writeFileSync(join(folder, 'le/nginx.conf'), NGINX)
        await docker.docker(
          'run',
          '--name',
          'renew',
          '-v',
          `${folder}/le:/etc/letsencrypt`,
          '-v',
          `${folder}/authority:/authority:ro`,
          RENEWAL,
          'sh',
          '-c',
          `mkdir -p /var/lib/nginx /var/log/nginx /run; ${RENEW}`,
        )
      }),
  },
  {
    name: 'an upgrade of the package of authorities',
    image: [RENEWAL, 'openssl', 'nginx', '/etc/ssl/openssl.cnf/', '/etc/passwd/', '/etc/group/'],
    lists: ['certImages'],
    rules: ['trust_store_renamed', 'trust_store_written'],
    run: (docker) =>
      withFolder(async (folder) => {
        certificates(folder)
        execFileSync('cp', ['/usr/sbin/update-ca-certificates', folder])
        await docker.docker(
          'run',
          '--name',
          'upgrade',
          '-v',
          `${folder}:/package:ro`,
          RENEWAL,
          'sh',
          '-c',
          'mkdir -p /usr/share/ca-certificates/mozilla /etc/ssl/certs /usr/local/share/ca-certificates /etc/ca-certificates/update.d && cp /package/ca.crt /usr/share/ca-certificates/mozilla/Root.crt && echo mozilla/Root.crt > /etc/ca-certificates.conf && sh /package/update-ca-certificates',
        )
      }),
  },
]

/** A container of each image. */
export async function images(docker: DockerEngine): Promise<void> {
  const made = new Map(ORDINARY.map(({ image }) => [image[0], image]))
  for (const image of made.values()) await docker.image(...image)
}
