import { openFlags } from '../domain/kernel-calls.ts'
import type { AuditFields } from './audit-line.ts'
import { socketEnd, translatedEnd } from './audit-socket.ts'
import { syscallName } from './audit-syscalls.ts'
import { known } from './json.ts'
import type { JsonObject } from './json.ts'
import {
  absolutePath,
  callFields,
  listenFields,
  opensToWrite,
  peerFields,
  processFields,
} from './linux-event.ts'
import type { LinuxCategory, LinuxProgram, SocketEnd } from './linux-event.ts'

/** The records of one event that tell what it was. */
export interface AuditParts {
  syscall?: AuditFields
  cwd?: string
  /** In any order: each says which item it is. */
  readonly paths: AuditFields[]
  /** Of the EXECVE records, by number; null where one is missing. */
  readonly args: (string | null)[]
  /** Numbers of those that came in pieces, and are bytes, a character each. */
  readonly bytewise: number[]
  /** How many arguments there were. */
  argc?: number
  socket?: SocketEnd | undefined
  /** Flags of openat2, which its SYSCALL record only points to. */
  openFlags?: number
  /** What the process calls itself: its arguments, unless it says otherwise, cut at 128 bytes. */
  title?: readonly string[]
  parent?: LinuxProgram
  /** Some of it was too much to be kept. */
  cut?: boolean
}

export function emptyParts(): AuditParts {
  return { paths: [], args: [], bytewise: [] }
}

/** What happened, in the words of a category. */
export interface AuditMeaning {
  readonly category: LinuxCategory
  readonly record: JsonObject
}

/** The name of the system call, as auditd told it, or by its number. */
export function callName(syscall: AuditFields): string | undefined {
  const told = syscall['SYSCALL']
  if (told !== undefined && /^[a-z]\w{1,63}$/.test(told)) return told
  const number = syscall['syscall']
  const architecture = syscall['arch']?.toLowerCase()
  return number === undefined || architecture === undefined || !/^\d{1,4}$/.test(number)
    ? undefined
    : syscallName(architecture, Number(number))
}

export function isExec(syscall: AuditFields | undefined): boolean {
  return syscall !== undefined && EXECS.has(callName(syscall) ?? '')
}

/** Whether nothing is missing of what its category needs: the rest may come, but changes nothing. */
export function isWhole(parts: AuditParts): boolean {
  const { syscall } = parts
  if (syscall === undefined) return false
  const call = callName(syscall) ?? ''
  if (EXECS.has(call) && (parts.argc === undefined || parts.args.length < parts.argc)) return false
  if (EXECS.has(call) && parts.args.includes(null)) return false
  if (SOCKET_CALLS.has(call) && parts.socket === undefined) return false
  if (call === 'openat2' && parts.openFlags === undefined) return false
  if (parts.paths.length < Number(syscall['items'] ?? 0)) return false
  return (
    parts.cwd !== undefined || parts.paths.every(({ name }) => name === undefined || name.startsWith('/'))
  )
}

const EXECS = new Set(['execve', 'execveat'])
const SOCKET_CALLS = new Set(['connect', 'bind'])

/** What the records of an event mean together; undefined where no category is about it. */
export function meaningOf(parts: AuditParts): AuditMeaning | undefined {
  const { syscall } = parts
  if (syscall === undefined) return undefined
  const call = callName(syscall)
  const details = call === undefined ? undefined : detailsOf(call, parts, syscall)
  if (details === undefined) return undefined
  const isExec = details.category === 'process_creation'
  const isCut = isExec ? parts.cut === true : (parts.title?.join(' ').length ?? 0) >= TITLE_LENGTH
  const cut = [...(details.cut ?? []), ...(isCut ? ['CommandLine'] : [])]
  return {
    category: details.category,
    record: known({
      ...whoOf(details.category, parts, syscall),
      'syscall.name': call,
      ...details.fields,
      [isExec ? 'process.result' : 'syscall.result']: resultOf(syscall),
      'sensor.truncated': cut.length > 0 ? cut : undefined,
    }),
  }
}

/** The kernel keeps so much of a process's title, its last zero left out. */
const TITLE_LENGTH = 127

interface Details {
  readonly category: LinuxCategory
  readonly fields: JsonObject
  /** Fields that hold less than there was. */
  readonly cut?: readonly string[]
}

function detailsOf(call: string, parts: AuditParts, syscall: AuditFields): Details | undefined {
  if (EXECS.has(call)) return { category: 'process_creation', fields: {} }
  const bits = OPENS.get(call)?.(parts, syscall)
  if (bits !== undefined) return opened(bits, parts, syscall)
  if (RENAMES.has(call)) return renamed(parts, syscall)
  if (MAKES.has(call)) return made(parts, syscall)
  if (call === 'connect' && parts.socket !== undefined)
    return { category: 'network_connection', fields: peerFields(parts.socket, undefined) }
  if (call === 'bind' && parts.socket !== undefined && parts.socket.port !== 0)
    return { category: 'network_listen', fields: listenFields(parts.socket, undefined) }
  return called(call, syscall)
}

/** Where the flags of a call that opens files stand. */
const OPENS = new Map<string, (parts: AuditParts, syscall: AuditFields) => number | undefined>([
  ['open', (_parts, syscall) => argument(syscall, 1)],
  ['openat', (_parts, syscall) => argument(syscall, 2)],
  ['openat2', ({ openFlags: flags }) => flags],
  ['creat', () => 0x241],
])
const RENAMES = new Set(['rename', 'renameat', 'renameat2'])
/** Calls that make a file, or cut one, without opening it. */
const MAKES = new Set(
  'truncate truncate64 mkdir mkdirat link linkat symlink symlinkat mknod mknodat'.split(' '),
)

function opened(bits: number, parts: AuditParts, syscall: AuditFields): Details | undefined {
  const file = inOrder(parts.paths).findLast(({ nametype }) => nametype !== 'PARENT')
  if (file?.['name'] === undefined) return undefined
  const flags = openFlags(bits)
  const path = pathIn(file['name'], parts, folderOf(syscall))
  return {
    category: opensToWrite(flags) ? 'file_event' : 'file_read',
    fields: { TargetFilename: path.text, 'file.flags': flags },
    cut: path.whole ? [] : ['TargetFilename'],
  }
}

function renamed(parts: AuditParts, syscall: AuditFields): Details | undefined {
  const from = inOrder(parts.paths).find(({ nametype }) => nametype === 'DELETE')?.['name']
  const to = inOrder(parts.paths).findLast(({ nametype }) => nametype === 'CREATE')?.['name']
  if (from === undefined || to === undefined) return undefined
  const isAt = callName(syscall) !== 'rename'
  const source = pathIn(from, parts, isAt ? argument(syscall, 0) : AT_FDCWD)
  const target = pathIn(to, parts, isAt ? argument(syscall, 2) : AT_FDCWD)
  return {
    category: 'file_rename',
    fields: { SourceFilename: source.text, TargetFilename: target.text },
    cut: [...(source.whole ? [] : ['SourceFilename']), ...(target.whole ? [] : ['TargetFilename'])],
  }
}

function made(parts: AuditParts, syscall: AuditFields): Details | undefined {
  const made = inOrder(parts.paths).findLast(({ nametype }) => nametype === 'CREATE' || nametype === 'NORMAL')
  if (made?.['name'] === undefined) return undefined
  const path = pathIn(made['name'], parts, folderOf(syscall))
  return {
    category: 'file_event',
    fields: { TargetFilename: path.text },
    cut: path.whole ? [] : ['TargetFilename'],
  }
}

/** Which of a call's arguments are the numbers of its form; the others are texts, which audit does not tell. */
const NUMBERS_AT: Readonly<Record<string, readonly number[]>> = {
  mount: [3],
  umount2: [1],
  move_mount: [0, 2],
  fsmount: [0, 1, 2],
  fsopen: [1],
  open_tree: [0, 2],
  ptrace: [0, 1],
  unshare: [0],
  setns: [0, 1],
  bpf: [0],
  memfd_create: [1],
  io_uring_setup: [0],
  init_module: [1],
  finit_module: [0, 2],
  process_vm_writev: [0],
  pivot_root: [],
}

function called(call: string, syscall: AuditFields): Details | undefined {
  const at = Object.hasOwn(NUMBERS_AT, call) ? NUMBERS_AT[call] : undefined
  const fields =
    at &&
    callFields(
      call,
      at.map((index) => argument(syscall, index)),
      [],
    )
  return fields && { category: 'kernel_call', fields }
}

/** Of a user without a name auditd says `unknown(1234)`. */
function userOf({ UID: name, uid }: AuditFields): string | undefined {
  return name === undefined || name.startsWith('unknown(') ? uid : name
}

function inOrder(paths: readonly AuditFields[]): readonly AuditFields[] {
  return paths.toSorted((a, b) => Number(a['item'] ?? 0) - Number(b['item'] ?? 0))
}

function argumentsOf({ args, bytewise }: AuditParts): readonly string[] {
  return args.map((each, index) =>
    bytewise.includes(index) ? Buffer.from(each ?? '', 'latin1').toString('utf8') : (each ?? ''),
  )
}

function whoOf(category: LinuxCategory, parts: AuditParts, syscall: AuditFields): JsonObject {
  const isExec = category === 'process_creation'
  const args = isExec ? argumentsOf(parts) : (parts.title ?? [])
  const file = syscall['exe']
  const asked = isExec ? inOrder(parts.paths)[0]?.['name'] : undefined
  const started = asked === undefined ? undefined : absolutePath(asked, parts.cwd)
  return processFields({
    pid: integerOf(syscall['pid']),
    ppid: integerOf(syscall['ppid']),
    executable: started ?? file,
    args,
    cwd: parts.cwd,
    user: userOf(syscall),
    // of an exec that failed it is the program that tried
    file: isExec && syscall['success'] === 'yes' ? file?.slice(file.lastIndexOf('/') + 1) : undefined,
    ...(parts.parent !== undefined && { parent: parts.parent }),
  })
}

const AT_FDCWD = -100

/** Which argument names the open folder that a path is relative to. */
const FOLDER_AT: Readonly<Record<string, number>> = {
  openat: 0,
  openat2: 0,
  mkdirat: 0,
  mknodat: 0,
  symlinkat: 1,
  linkat: 2,
}

function folderOf(syscall: AuditFields): number | undefined {
  const call = callName(syscall) ?? ''
  return Object.hasOwn(FOLDER_AT, call) ? argument(syscall, FOLDER_AT[call] ?? 0) : AT_FDCWD
}

/** Relative to an open folder, which audit does not name, a path stays as it was asked for. */
function pathIn(
  name: string,
  { cwd }: AuditParts,
  folder: number | undefined,
): { readonly text: string; readonly whole: boolean } {
  const path = absolutePath(name, folder === AT_FDCWD ? cwd : undefined)
  return path === undefined ? { text: name, whole: false } : { text: path, whole: true }
}

/** An argument of the call, in hex, as the 32 bits of a number. */
function argument(syscall: AuditFields, index: number): number | undefined {
  const written = syscall[`a${index}`]?.replace(/^0x/, '')
  return written === undefined || !/^[\da-f]{1,16}$/i.test(written)
    ? undefined
    : Number.parseInt(written.slice(-8), 16) | 0
}

function resultOf(syscall: AuditFields): number | undefined {
  return integerOf(syscall['exit'])
}

function integerOf(text: string | undefined): number | undefined {
  return text !== undefined && /^-?\d{1,15}$/.test(text) ? Number(text) : undefined
}

/** The end that a SOCKADDR record names. */
export function socketOf(fields: AuditFields): SocketEnd | undefined {
  const written = fields['saddr']
  if (written !== undefined && /^[\da-f]{6,512}$/i.test(written))
    return socketEnd(Buffer.from(written, 'hex'))
  return fields['SADDR'] === undefined ? undefined : translatedEnd(fields['SADDR'].slice(0, 512))
}
