import { X509Certificate } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createAuthority } from '../../test/certificates.ts'
import { eventually } from '../../test/daemon.ts'
import { certstoreInput, DAMAGED, MISSING, TOO_LARGE } from './certstore.ts'
import type { InputBatch } from './input.ts'

let folder: string
let store: string
let ends: (() => Promise<void>)[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-certstore-'))
  store = join(folder, 'store')
  mkdirSync(store)
  ends = []
})
afterEach(async () => {
  for (const end of ends) await end()
  rmSync(folder, { recursive: true, force: true })
})

interface Told {
  readonly certstore: string
  readonly path: string
  readonly fingerprint: string
  readonly certificate?: string
  readonly subject?: string
}
interface Memory {
  checkpoint: unknown
  readonly offsets: Map<string, number>
}
const nothing = (): Memory => ({ checkpoint: undefined, offsets: new Map() })

/** An input that watches; what it hands on is committed into `memory`. */
function watching(memory: Memory, paths: readonly string[] = [store]) {
  const abort = new AbortController()
  const batches: InputBatch[] = []
  const reading = (async () => {
    const input = certstoreInput({ name: 'trust', paths, interval: 20 })
    const resume = { checkpoint: memory.checkpoint, offset: (stream: string) => memory.offsets.get(stream) }
    for await (const batch of input.read(resume, abort.signal)) {
      batches.push(batch)
      memory.checkpoint = JSON.parse(JSON.stringify(batch.checkpoint)) as unknown
      for (const { stream, offset, bytes } of batch.chunks) {
        expect(offset).toBe(memory.offsets.get(stream) ?? 0)
        memory.offsets.set(stream, offset + bytes.length)
      }
    }
  })()
  const stop = async (): Promise<void> => {
    abort.abort()
    await reading
  }
  ends.push(stop)
  const told = (): readonly Told[] =>
    batches
      .flatMap(({ chunks }) => chunks.map(({ bytes }) => Buffer.from(bytes).toString()))
      .join('')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Told)
  return {
    stop,
    told,
    first: () => eventually(() => batches[0]),
    after: (count: number) =>
      eventually(() => (told().length >= count ? told().slice(count - 1) : undefined)),
    failures: () => batches.flatMap(({ unreadable }) => unreadable),
    findings: () => batches.flatMap(({ findings }) => findings),
  }
}

const fingerprintOf = (pem: string): string =>
  new X509Certificate(readFileSync(pem)).fingerprint256.replaceAll(':', '').toLowerCase()

it('what is there first is present; what comes and goes is told, also while nobody looked', async () => {
  const authority = createAuthority(folder)
  const leaf = authority.issue('leaf')
  const put = (name: string, ...pems: string[]): void =>
    writeFileSync(join(store, name), pems.map((pem) => readFileSync(pem)).join('# between\n'))
  put('root.pem', authority.cert)
  const memory = nothing()
  const input = watching(memory)
  await input.first()
  expect(input.told()).toMatchObject([
    { certstore: 'present', path: join(store, 'root.pem'), fingerprint: fingerprintOf(authority.cert) },
  ])
  const [{ certificate = '' } = {}] = input.told()
  expect(new X509Certificate(Buffer.from(certificate, 'base64')).subject).toBe('CN=ca')
  // a bundle, of which one is new and one is told of another file
  put('bundle.pem', authority.cert, leaf.cert)
  await input.after(3)
  expect(
    input
      .told()
      .slice(1)
      .map(({ certstore, path }) => [certstore, path]),
  ).toEqual([
    ['added', join(store, 'bundle.pem')],
    ['added', join(store, 'bundle.pem')],
  ])
  await input.stop()

  rmSync(join(store, 'root.pem'))
  put('bundle.pem', leaf.cert)
  writeFileSync(join(store, 'der.crt'), new X509Certificate(readFileSync(leaf.cert)).raw)
  const again = watching(memory)
  await again.after(3)
  expect(again.told().map(({ certstore, path, subject }) => [certstore, path, subject])).toEqual([
    ['removed', join(store, 'bundle.pem'), 'CN=ca'],
    ['added', join(store, 'der.crt'), undefined],
    ['removed', join(store, 'root.pem'), 'CN=ca'],
  ])
  expect([...input.failures(), ...again.failures(), ...again.findings()]).toEqual([])
})

it('keys, words and links that lead out are no certificates, and what is damaged is counted once', async () => {
  const authority = createAuthority(folder)
  writeFileSync(join(store, 'key.pem'), readFileSync(authority.key))
  writeFileSync(join(store, 'README'), 'prose')
  writeFileSync(join(store, 'empty'), '')
  writeFileSync(join(store, 'large.pem'), Buffer.alloc(4 * 1024 * 1024 + 1))
  symlinkSync(authority.cert, join(store, 'out.pem'))
  const broken = readFileSync(authority.cert, 'utf8').replace(/(CERTIFICATE-----\n).{40}/, '$1AAAA')
  writeFileSync(join(store, 'broken.pem'), broken + readFileSync(authority.cert, 'utf8'))
  const input = watching(nothing(), [store, join(folder, 'nowhere')])
  await input.first()
  expect(input.told()).toMatchObject([{ path: join(store, 'broken.pem'), certstore: 'present' }])
  writeFileSync(join(store, 'later.pem'), readFileSync(authority.cert))
  await input.after(2)
  expect(
    input
      .failures()
      .map(({ stream, reason }) => `${stream.slice(folder.length)}: ${reason}`)
      .toSorted(),
  ).toEqual([
    `/nowhere: ${MISSING}`,
    `/store/broken.pem: ${DAMAGED}`,
    `/store/large.pem: ${TOO_LARGE}`,
    '/store/out.pem: link leads out of the folder',
  ])
})

it.skipIf(process.getuid?.() === 0)('what cannot be looked into now is not gone', async () => {
  const authority = createAuthority(folder)
  mkdirSync(join(store, 'sub'))
  writeFileSync(join(store, 'sub/root.pem'), readFileSync(authority.cert))
  const input = watching(nothing())
  await input.after(1)
  chmodSync(join(store, 'sub'), 0)
  await eventually(() => (input.failures().length > 0 ? true : undefined))
  expect(input.told()).toHaveLength(1)
  chmodSync(join(store, 'sub'), 0o700)
})

const bundle = '/etc/ssl/certs/ca-certificates.crt'
it.skipIf(!existsSync(bundle))('a store as a distribution has it is read whole', async () => {
  const count = readFileSync(bundle, 'utf8').split('-----BEGIN CERTIFICATE-----').length - 1
  const input = watching(nothing(), [bundle])
  await input.first()
  expect(input.told()).toHaveLength(count)
})
