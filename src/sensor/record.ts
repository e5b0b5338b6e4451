import { posix } from 'node:path'
import type { Observed, Piecewise } from './assemble.ts'
import { CALLS, openFlags } from './flag-names.ts'
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

function shortOf({ pid, executable, args }: KnownProcess): Readonly<Record<string, unknown>> {
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
  const protocol = address.family === 'unix' ? undefined : protocolOf(Number(event.numbers[0] ?? 0n))
  return { kind, syscall, ...address, ...(protocol !== undefined && { protocol }), cut: [] }
}

function listening(event: Observed): Details {
  const [which = 0n, port = 0n, four = 0n, high = 0n, low = 0n] = event.numbers
  const isV4 = which >> 16n === 2n
  const protocol = protocolOf(Number(which & 0xffffn))
  return {
    kind: 'listen',
    syscall: 'listen',
    family: isV4 ? 'ipv4' : 'ipv6',
    address: isV4
      ? ipv4(littleEndian(four))
      : ipv6(Buffer.concat([high >> 32n, high, low >> 32n, low].map(littleEndian))),
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
  const texts = form.texts.map((name, field) => ({ name, text: event.text(field) }))
  const args = [
    ...texts.flatMap(({ name, text }) => (text === undefined ? [] : [`${name}=${quoted(text.bytes)}`])),
    ...form.numbers.map((name, index) => `${name}=${numberOf(name, numbers[index] ?? 0)}`),
  ]
  const flags = form.flags?.(numbers.map((number) => number >>> 0)) ?? []
  return {
    kind: 'call',
    syscall: form.name,
    args: args.join(' '),
    ...(flags.length > 0 && { flags }),
    cut: texts.some(({ text }) => text?.whole === false) ? ['syscall.args'] : [],
  }
}

function numberOf(name: string, value: number): string {
  return name === 'flags' || name === 'attributes' ? `0x${(value >>> 0).toString(16)}` : String(value)
}

/** Quoted where it has a blank or could be read as another argument. */
function quoted(bytes: Buffer): string {
  const text = bytes.toString()
  return /^[\w./:@+,-]+$/.test(text) ? text : JSON.stringify(text)
}

/** The path of a field, made absolute and without `..`. */
export function absolutePath(
  event: Pick<Observed, 'text' | 'folder'>,
  field: number,
): { readonly text: string; readonly whole: boolean } {
  const path: Piecewise = event.text(field) ?? { bytes: Buffer.alloc(0), whole: false }
  const text = path.bytes.toString()
  if (text.startsWith('/')) return { text: posix.normalize(text), whole: path.whole }
  const folder = event.folder(field)
  if (folder === undefined) return { text, whole: false }
  return {
    text: posix.normalize(posix.join(folder.bytes.toString(), text)),
    whole: path.whole && folder.whole,
  }
}
