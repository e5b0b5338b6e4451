import { setTimeout as sleep } from 'node:timers/promises'
import type { Finding } from '../domain/event.ts'
import { digest } from '../domain/hash.ts'
import { certificatesIn } from './certificates-in.ts'
import { readAt } from './content.ts'
import { listFiles, type FoundFile, type Listing } from './file-listing.ts'
import type { Input, InputBatch, Resume } from './input.ts'
import { openRegular } from './open-regular.ts'

export interface CertstoreInputOptions {
  readonly name: string
  /** Folders and files of certificates, in PEM (bundles too) and DER. */
  readonly paths: readonly string[]
  /** From one look to the next, ms. */
  readonly interval: number
}

/** What is known of a file. */
interface KnownFile {
  /** What changes when it is written. */
  readonly about: string
  /** Subjects by fingerprint. */
  readonly certificates: Readonly<Record<string, string>>
}
type Known = ReadonlyMap<string, KnownFile>

/** What a look found: records for the source `certstore`, and what is known then. */
interface Look {
  readonly known: Known
  readonly records: readonly object[]
  readonly unreadable: InputBatch['unreadable']
  readonly bound: string | undefined
}

const MAX_FILE = 4 * 1024 * 1024
const MAX_CERTIFICATES = 10_000
const BOUNDS = { entries: 20_000, depth: 8 } as const

export const DAMAGED = 'certstore: certificate that cannot be read'
export const TOO_LARGE = 'certstore: file larger than 4 MiB'
export const MISSING = 'certstore: nothing is there'

/**
 * Watches certificate stores: what is there at the first start ever is `present`, afterwards what is `added` and
 * `removed`, also while nobody looked. What cannot be read now is not said to be removed.
 */
export function certstoreInput({ name, paths, interval }: CertstoreInputOptions): Input {
  let looking: number | undefined
  return {
    name,
    reach: () => ({ kind: 'caught-up', until: looking ?? Date.now() }),
    async *read(resume: Resume, signal: AbortSignal): AsyncIterable<InputBatch> {
      const stream = `certstore:${digest(name)}`
      let offset = resume.offset(stream) ?? 0
      let known = knownOf(resume.checkpoint)
      let told = new Set<string>()
      while (!signal.aborted) {
        const at = Date.now()
        looking = at
        const look = await lookAt(paths, known, at)
        const failures = look.unreadable.filter((each) => !told.has(`${each.stream}\n${each.reason}`))
        told = new Set(look.unreadable.map((each) => `${each.stream}\n${each.reason}`))
        const findings = look.bound === undefined ? [] : [boundFinding(name, look.bound, at)]
        const bytes = Buffer.from(look.records.map((record) => `${JSON.stringify(record)}\n`).join(''))
        const isFirst = known === undefined
        known = look.known
        if (bytes.length + failures.length + findings.length > 0 || isFirst)
          yield {
            chunks: [{ stream, path: name, offset, bytes, at, messages: { zone: 'UTC' } }],
            findings,
            unreadable: failures,
            checkpoint: { files: Object.fromEntries(known) },
          }
        offset += bytes.length
        looking = undefined
        await sleep(interval, undefined, { signal }).catch(() => {})
      }
    },
  }
}

/** `before` is undefined at the first start ever. */
async function lookAt(paths: readonly string[], before: Known | undefined, at: number): Promise<Look> {
  const listing = await listFiles(paths, BOUNDS)
  const known = new Map<string, KnownFile>()
  const records: object[] = []
  const unreadable = [
    ...listing.unreadable,
    ...listing.missing.map((path) => ({ stream: path, reason: MISSING })),
  ]
  const time = new Date(at).toISOString()
  let count = 0
  let bound = listing.bound
  for (const file of listing.files) {
    const was = before?.get(file.path)
    const found = await filesCertificates(file, was)
    unreadable.push(...found.failures.map((reason) => ({ stream: file.path, reason })))
    count += Object.keys(found.now.certificates).length
    if (count > MAX_CERTIFICATES) {
      bound = `more than ${MAX_CERTIFICATES} certificates`
      if (was !== undefined) known.set(file.path, was)
      continue
    }
    known.set(file.path, found.now)
    for (const [fingerprint, der] of found.fresh) {
      const certstore = before === undefined ? 'present' : 'added'
      records.push({ certstore, time, path: file.path, fingerprint, certificate: der.toString('base64') })
    }
    records.push(...removed(file.path, was, found.now, time))
  }
  for (const [path, was] of before ?? []) {
    if (known.has(path)) continue
    if (bound !== undefined || isHidden(path, listing)) known.set(path, was)
    else records.push(...removed(path, was, undefined, time))
  }
  return { known, records, unreadable, bound }
}

/** What could not be looked into may still be there. */
function isHidden(path: string, { unreadable }: Listing): boolean {
  return unreadable.some(({ stream }) => path === stream || path.startsWith(`${stream}/`))
}

function* removed(
  path: string,
  was: KnownFile | undefined,
  now: KnownFile | undefined,
  time: string,
): Iterable<object> {
  for (const [fingerprint, subject] of Object.entries(was?.certificates ?? {}))
    if (now === undefined || !Object.hasOwn(now.certificates, fingerprint))
      yield { certstore: 'removed', time, path, fingerprint, subject }
}

interface FileCertificates {
  readonly now: KnownFile
  /** Those that were not in it before, by fingerprint. */
  readonly fresh: readonly (readonly [string, Buffer])[]
  readonly failures: readonly string[]
}

/** A file that was not written since is not read again. */
async function filesCertificates(file: FoundFile, was: KnownFile | undefined): Promise<FileCertificates> {
  const about = `${file.identity}/${file.size}/${file.modified}/${file.changed}`
  if (was?.about === about) return { now: was, fresh: [], failures: [] }
  const kept = was ?? { about: '', certificates: {} }
  if (file.size > MAX_FILE) return { now: kept, fresh: [], failures: [TOO_LARGE] }
  try {
    const handle = await openRegular(file.real)
    const bytes = await readAt(handle, 0, MAX_FILE).finally(() => handle.close())
    const { certificates, damaged } = certificatesIn(bytes)
    return {
      now: {
        about,
        certificates: Object.fromEntries(certificates.map((each) => [each.fingerprint, each.subject])),
      },
      fresh: certificates
        .filter(({ fingerprint }) => !Object.hasOwn(kept.certificates, fingerprint))
        .map(({ fingerprint, der }) => [fingerprint, der]),
      failures: damaged > 0 ? [DAMAGED] : [],
    }
  } catch (cause) {
    // what is gone by now is missing at the next look
    const { code } = cause as NodeJS.ErrnoException
    return {
      now: kept,
      fresh: [],
      failures: code === 'ENOENT' ? [] : [`certstore: cannot be read (${code})`],
    }
  }
}

function knownOf(checkpoint: unknown): Known | undefined {
  const { files } = (checkpoint ?? {}) as { readonly files?: Readonly<Record<string, KnownFile>> }
  return files === undefined ? undefined : new Map(Object.entries(files))
}

function boundFinding(about: string, bound: string, at: number): Finding {
  return {
    id: digest('bound-reached', about, bound, String(Math.floor(at / 3_600_000))),
    kind: 'bound-reached',
    about,
    since: at,
    until: at,
    message: `${bound}: what lies beyond is not read`,
  }
}
