import type { Observed, Piecewise } from './assemble.ts'
import { callArguments, CALLS, openFlags } from '../domain/kernel-calls.ts'
import { normalPath } from '../domain/normal-path.ts'
import type { KnownProcess } from './process-table.ts'
import { isSensitive } from './program.ts'
import { ipv4, ipv6, protocolOf, socketAddress } from './socket-address.ts'

/** What a line tells beside its number and time: see docs/sensor.md. */
export type Body = Readonly<Record<string, unknown>> & { readonly kind: string }

/** Whose an event is. */
export interface Who {
  readonly process: KnownProcess
  readonly ancestors: readonly KnownProcess[]
  readonly container: string | undefined
  readonly unresolved: string | undefined
  /** Of an exec: whether the file that runs is one that its container wrote, and not of its image. */
  readonly upperLayer?: boolean | undefined
}

/** Of a process above, in characters: its whole line stands in its own record. */
const ANCESTOR_LINE = 1_024

/** The line for an event; undefined where nobody asked for it (a read of what is no key). */
export function recordOf(event: Observed, who: Who): Body | undefined {
  const told = DETAILS[event.type]?.(event)
  if (told === undefined) return undefined
  const { cut, ...details } = told
  const truncated = [...new Set([...cut, ...who.process.truncated])]
  const parent = who.ancestors[0]
  return {
    ...details,
    ...(who.container !== undefined && { container: who.container }),
    ...(who.unresolved !== undefined && { unresolved: who.unresolved }),
    ...(who.upperLayer !== undefined && { upperLayer: who.upperLayer }),
    result: event.result,
    process: processOf(who.process, event),
    ...(parent !== undefined && { parent: shortOf(parent) }),
    ...(who.ancestors.length > 0 && { ancestors: who.ancestors.map(shortOf) }),
    ...(truncated.length > 0 && { truncated }),
  }
}

function processOf(process: KnownProcess, { pid, ppid, uid }: Observed): Readonly<Record<string, unknown>> {
  const { executable, file, args, cwd } = process
  return { pid, ppid, user: String(uid), executable, file, args, cwd }
}

/** A process, with as much of its line as stands in other records. */
export function shortOf({
  pid,
  executable,
  args,
}: Pick<KnownProcess, 'pid' | 'executable' | 'args'>): Readonly<Record<string, unknown>> {
  const kept: string[] = []
  let length = 0
  for (const arg of args) {
    if (length >= ANCESTOR_LINE) break
    kept.push(arg.length > ANCESTOR_LINE ? `${arg.slice(0, ANCESTOR_LINE)}…` : arg)
    length += arg.length + 1
  }
  return { pid, executable, args: kept.length < args.length ? [...kept, '…'] : kept }
}

type Details = Body & { readonly cut: readonly string[] }

const DETAILS: Readonly<Record<number, (event: Observed) => Details | undefined>> = {
  1: () => ({ kind: 'exec', syscall: 'execve', cut: [] }),
  2: () => ({ kind: 'exec', syscall: 'execve', cut: [] }),
  3: opened,
  4: renamed,
  5: (event) => addressed(event, 'connect', 'connect'),
  6: (event) => addressed(event, 'listen', 'bind'),
  7: listening,
  8: called,
}

function opened(event: Observed): Details | undefined {
  const flags = Number(event.numbers[0] ?? 0n)
  const path = absolutePath(event, 0)
  const writes = (flags & 0x643) !== 0 || (flags & 0x400000) !== 0
  if (!writes && !isSensitive(path.text)) return undefined
  return {
    kind: writes ? 'write' : 'read',
    syscall: 'openat',
    path: path.text,
    flags: openFlags(flags),
    cut: path.whole ? [] : ['TargetFilename'],
  }
}

function renamed(event: Observed): Details {
  const [from, to] = [absolutePath(event, 0), absolutePath(event, 1)]
  return {
    kind: 'rename',
    syscall: 'renameat2',
    source: from.text,
    path: to.text,
    cut: [...(from.whole ? [] : ['SourceFilename']), ...(to.whole ? [] : ['TargetFilename'])],
  }
}

function addressed(event: Observed, kind: 'connect' | 'listen', syscall: string): Details | undefined {
  const given = event.bytes(0)
  const address = given && socketAddress(given.bytes)
  if (address === undefined) return undefined
  if (address.family === 'unix') {
    const path = socketPath(event, address.path)
    const field = kind === 'connect' ? 'network.peer.address' : 'network.local.address'
    return { kind, syscall, family: 'unix', path: path.text, cut: path.whole ? [] : [field] }
  }
  const protocol = protocolOf(Number(event.numbers[0] ?? 0n))
  return { kind, syscall, ...address, ...(protocol !== undefined && { protocol }), cut: [] }
}

/** A socket that is a file has a path like any other; an abstract one (`@…`) and one without a name have none. */
function socketPath(event: Observed, path: string): Path {
  const isFile = path !== '' && !path.startsWith('@')
  return isFile
    ? resolved({ bytes: Buffer.from(path), whole: true }, event.folder(0))
    : { text: path, whole: true }
}

function listening(event: Observed): Details {
  const [which = 0n, port = 0n, four = 0n, high = 0n, low = 0n] = event.numbers
  const protocol = protocolOf(Number(which & 0xffffn))
  return {
    kind: 'listen',
    syscall: 'listen',
    ...(which >> 16n === 2n
      ? { family: 'ipv4', address: ipv4(littleEndian(four)) }
      : ipv6(Buffer.concat([high >> 32n, high, low >> 32n, low].map(littleEndian)))),
    port: Number(port),
    ...(protocol !== undefined && { protocol }),
    cut: [],
  }
}

/** Four bytes of an address, which the kernel keeps in network order and the program printed as a number. */
function littleEndian(value: bigint): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(Number(value & 0xffffffffn))
  return bytes
}

function called(event: Observed): Details | undefined {
  const form = CALLS[Number(event.numbers[0] ?? 0n)]
  if (form === undefined) return undefined
  const numbers = event.numbers.slice(1).map((number) => Number(BigInt.asIntN(32, number)))
  const texts = form.texts.map((_name, field) => ({ text: event.text(field) }))
  const flags = form.flags?.(numbers.map((number) => number >>> 0)) ?? []
  return {
    kind: 'call',
    syscall: form.name,
    args: callArguments(
      form,
      texts.map(({ text }) => text?.bytes.toString()),
      form.numbers.map((_name, index) => numbers[index] ?? 0),
    ),
    ...(flags.length > 0 && { flags }),
    cut: texts.some(({ text }) => text?.whole === false) ? ['syscall.args'] : [],
  }
}

interface Path {
  readonly text: string
  readonly whole: boolean
}

/** The path of a field, made absolute and without `..`. */
export function absolutePath(event: Pick<Observed, 'text' | 'folder'>, field: number): Path {
  return resolved(event.text(field) ?? { bytes: Buffer.alloc(0), whole: false }, event.folder(field))
}

function resolved(path: Piecewise, folder: Piecewise | undefined): Path {
  const text = path.bytes.toString()
  if (text.startsWith('/')) return { text: normalPath(text), whole: path.whole }
  if (folder === undefined) return { text, whole: false }
  return {
    text: normalPath(`${folder.bytes.toString()}/${text}`),
    whole: path.whole && folder.whole,
  }
}
