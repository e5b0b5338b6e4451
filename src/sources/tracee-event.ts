import { CALLS_BY_NAME, openFlags } from '../domain/kernel-calls.ts'
import type { CallForm } from '../domain/kernel-calls.ts'
import { isObject, known, textOf } from './json.ts'
import type { JsonObject } from './json.ts'
import { absolutePath, listenFields, networkEnd, opensToWrite, peerFields } from './linux-event.ts'
import type { LinuxCategory, SocketEnd } from './linux-event.ts'
import { protoNumber } from './proto-json.ts'
import type { TraceeRecord } from './tracee-record.ts'

/** What an event means in the words of a category. */
export interface TraceeMeaning {
  readonly category: LinuxCategory
  readonly fields: JsonObject
}

/** What an event of Tracee's means; undefined where no category is about it. */
export function meaningOf(record: TraceeRecord): TraceeMeaning | undefined {
  const meaning = (READ.get(record.name) ?? calledAs(record.name))?.(record)
  // asked of the kernel's own modules, when the caller may: one that is refused before is not told
  const isAllowed = meaning !== undefined && ALLOWED.has(record.name) && record.result === undefined
  return isAllowed ? { ...meaning, fields: { ...meaning.fields, 'syscall.result': 0 } } : meaning
}

const ALLOWED = new Set([
  'security_file_open',
  'security_inode_rename',
  'security_socket_listen',
  'security_sb_mount',
  'security_bpf',
  'magic_write',
  'file_modification',
])

type Read = (record: TraceeRecord) => TraceeMeaning | undefined

/** https://aquasecurity.github.io/tracee/latest/docs/events/builtin/ */
const READ: ReadonlyMap<string, Read> = new Map<string, Read>([
  ['sched_process_exec', () => ({ category: 'process_creation', fields: { 'process.result': 0 } })],
  ['execve', tried],
  ['execveat', tried],
  ['security_file_open', (record) => opened(record)],
  ['open', (record) => opened(record)],
  ['openat', (record) => opened(record)],
  ['openat2', (record) => opened(record)],
  ['creat', (record) => opened(record, ['O_WRONLY', 'O_CREAT', 'O_TRUNC'])],
  ['vfs_write', (record) => touched(record, 'file_event', 'pathname')],
  ['vfs_writev', (record) => touched(record, 'file_event', 'pathname')],
  ['magic_write', (record) => touched(record, 'file_event', 'pathname')],
  ['file_modification', (record) => touched(record, 'file_event', 'file_path')],
  ['vfs_read', (record) => touched(record, 'file_read', 'pathname')],
  ['vfs_readv', (record) => touched(record, 'file_read', 'pathname')],
  ['security_inode_rename', (record) => renamed(record, 'old_path', 'new_path')],
  ['rename', (record) => renamed(record, 'oldpath', 'newpath')],
  ['renameat', (record) => renamed(record, 'oldpath', 'newpath')],
  ['renameat2', (record) => renamed(record, 'oldpath', 'newpath')],
  ['security_socket_connect', (record) => connected(record, undefined)],
  ['connect', (record) => connected(record, record.result)],
  ['net_tcp_connect', toldByPacket],
  ['security_socket_listen', listening],
  ['security_sb_mount', (record) => called(record, 'mount', ['dev_name', 'path', 'type', 'flags'])],
  ['security_bpf', (record) => called(record, 'bpf', ['cmd'])],
])

/** The call, which may fail: where it does not, `sched_process_exec` tells it as well. */
function tried({ result }: TraceeRecord): TraceeMeaning {
  return { category: 'process_creation', fields: { 'process.result': result } }
}

function opened(record: TraceeRecord, made?: readonly string[]): TraceeMeaning | undefined {
  const path = pathOf(record, 'pathname')
  const flags = made ?? flagsOf(record.data.get('flags'), openFlags)
  if (path === undefined || flags === undefined) return undefined
  return {
    category: opensToWrite(flags) ? 'file_event' : 'file_read',
    fields: {
      TargetFilename: path,
      'file.flags': flags,
      'syscall.name': record.name.startsWith('security_') ? undefined : record.name,
      'syscall.result': record.result,
    },
  }
}

/** Names joined by `|`, or a number where Tracee does not look them up. */
function flagsOf(
  value: unknown,
  namesOf: (number: number) => readonly string[],
): readonly string[] | undefined {
  const text = textOf(value)
  if (text !== undefined && !/^\d+$/.test(text)) return text.split('|').slice(0, 64)
  const number = protoNumber(value)
  return number === undefined ? undefined : namesOf(number)
}

function touched(record: TraceeRecord, category: LinuxCategory, name: string): TraceeMeaning | undefined {
  const path = pathOf(record, name)
  return path === undefined
    ? undefined
    : { category, fields: { TargetFilename: path, 'syscall.result': record.result } }
}

function renamed(record: TraceeRecord, from: string, to: string): TraceeMeaning | undefined {
  const [source, target] = [pathOf(record, from), pathOf(record, to)]
  if (source === undefined || target === undefined) return undefined
  return {
    category: 'file_rename',
    fields: { SourceFilename: source, TargetFilename: target, 'syscall.result': record.result },
  }
}

/** Tracee does not tell the folder of a process: a relative path stays one. */
function pathOf({ data }: TraceeRecord, name: string): string | undefined {
  const path = textOf(data.get(name))
  return path === undefined ? undefined : (absolutePath(path, undefined) ?? path)
}

function connected({ data }: TraceeRecord, result: number | undefined): TraceeMeaning | undefined {
  const peer = endOf(data.get('remote_addr') ?? data.get('addr'))
  if (peer === undefined) return undefined
  return {
    category: 'network_connection',
    fields: { ...peerFields(peer, undefined), 'syscall.name': 'connect', 'syscall.result': result },
  }
}

/** Told of the packet that opens the connection, with the name that its address was looked up by. */
function toldByPacket({ data }: TraceeRecord): TraceeMeaning | undefined {
  const address = textOf(data.get('dst'))
  if (address === undefined) return undefined
  const [name] = [data.get('dst_dns')].flat()
  return {
    category: 'network_connection',
    fields: {
      ...peerFields(networkEnd(address, protoNumber(data.get('dst_port'))), 'tcp'),
      DestinationHostname: textOf(name),
    },
  }
}

function listening({ data, result }: TraceeRecord): TraceeMeaning | undefined {
  const local = endOf(data.get('local_addr'))
  if (local === undefined) return undefined
  return {
    category: 'network_listen',
    fields: { ...listenFields(local, undefined), 'syscall.name': 'listen', 'syscall.result': result },
  }
}

/** `{"sa_family":"AF_INET","sin_addr":"192.0.2.7","sin_port":"443"}`, numbers as texts or not. */
function endOf(value: unknown): SocketEnd | undefined {
  if (!isObject(value)) return undefined
  const path = textOf(value['sun_path'])
  if (path !== undefined) return { family: 'unix', address: path }
  const address = textOf(value['sin_addr']) ?? textOf(value['sin6_addr'])
  return address === undefined
    ? undefined
    : networkEnd(address, protoNumber(value['sin_port'] ?? value['sin6_port']))
}

/** What Tracee calls the arguments of a call: the texts of its form, then the numbers. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  mount: ['source', 'target', 'filesystemtype', 'mountflags'],
  umount2: ['target', 'flags'],
  move_mount: ['from_path', 'to_path', 'from_dfd', 'to_dfd', 'flags'],
  fsopen: ['fsname', 'flags'],
  fsmount: ['fsfd', 'flags', 'ms_flags'],
  open_tree: ['filename', 'dfd', 'flags'],
  pivot_root: ['new_root', 'put_old'],
  ptrace: ['request', 'pid'],
  process_vm_writev: ['pid'],
  unshare: ['flags'],
  setns: ['fd', 'nstype'],
  bpf: ['cmd'],
  memfd_create: ['name', 'flags'],
  io_uring_setup: ['entries'],
  init_module: ['param_values', 'len'],
  finit_module: ['param_values', 'fd', 'flags'],
}

function calledAs(name: string): Read | undefined {
  const names = Object.hasOwn(ARGUMENTS, name) ? ARGUMENTS[name] : undefined
  return names && ((record) => called(record, name, names))
}

function called(
  { data, result }: TraceeRecord,
  call: string,
  names: readonly string[],
): TraceeMeaning | undefined {
  const form = CALLS_BY_NAME.get(call)
  if (form === undefined) return undefined
  const values = names.map((name) => data.get(name))
  const told = [...form.texts, ...form.numbers].flatMap((name, index) => {
    const value = printed(values[index])
    return value === undefined ? [] : [`${name}=${value}`]
  })
  const flags = flagNames(form, values.slice(form.texts.length))
  return {
    category: 'kernel_call',
    fields: known({
      'syscall.name': call,
      'syscall.args': told.join(' '),
      'syscall.flags': flags.length > 0 ? flags : undefined,
      'syscall.result': result,
    }),
  }
}

function printed(value: unknown): string | undefined {
  const number = typeof value === 'string' ? undefined : protoNumber(value)
  if (number !== undefined) return String(number)
  const text = textOf(value)
  return text === undefined || /^[\w./:@+,|-]+$/.test(text) ? text : JSON.stringify(text)
}

/** Names as Tracee looked them up, or by the call's form. */
function flagNames(form: CallForm, values: readonly unknown[]): readonly string[] {
  const names = values.flatMap((value) => {
    const text = textOf(value)
    return text !== undefined && /^[A-Z][A-Z0-9_|]+$/.test(text) ? text.split('|').slice(0, 64) : []
  })
  return names.length > 0
    ? names
    : (form.flags?.(values.map((value) => (protoNumber(value) ?? 0) >>> 0)) ?? [])
}
