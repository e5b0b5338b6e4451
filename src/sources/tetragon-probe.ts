import { openFlags } from '../domain/kernel-calls.ts'
import { isObject, known, listOf, objectOf, textOf } from './json.ts'
import type { JsonObject } from './json.ts'
import {
  absolutePath,
  callFields,
  listenFields,
  networkEnd,
  opensToWrite,
  peerFields,
} from './linux-event.ts'
import type { LinuxCategory, SocketEnd } from './linux-event.ts'
import { protoNumber } from './proto-json.ts'

/** What a probe saw, in the words of a category. */
export interface Seen {
  readonly category: LinuxCategory
  readonly fields: JsonObject
}

/** A probe's arguments, taken apart by their kind, each in the order in which the policy names them. */
interface Arguments {
  readonly numbers: readonly number[]
  readonly texts: readonly string[]
  /** Of a file, which the kernel names from its root on. */
  readonly paths: readonly string[]
  readonly sockets: readonly JsonObject[]
  readonly addresses: readonly JsonObject[]
  /** What the function returned, where the policy asks for it. */
  readonly result: number | undefined
  readonly folder: string | undefined
}

/**
 * What a kprobe or an LSM hook of a known function saw; undefined for every other function, and where the policy
 * handed on too little to tell. https://tetragon.io/docs/concepts/tracing-policy/hooks/
 */
export function seenByProbe(probe: JsonObject): Seen | undefined {
  const name = functionOf(probe)
  const read = name === undefined ? undefined : (PROBES.get(name) ?? calledAs(name))
  return read?.(argumentsOf(probe))
}

/** `__x64_sys_openat` and `sys_openat` are the system call openat. */
function functionOf(probe: JsonObject): string | undefined {
  return textOf(probe['function_name'])?.replace(/^__(?:x64|arm64|ia32)_/, '')
}

function argumentsOf(probe: JsonObject): Arguments {
  const args = listOf(probe['args']).filter(isObject)
  const of = (...kinds: readonly string[]): readonly unknown[] =>
    args.flatMap((arg) => kinds.flatMap((kind) => (Object.hasOwn(arg, kind) ? [arg[kind]] : [])))
  const returned = objectOf(probe['return'])
  return {
    numbers: of('int_arg', 'uint_arg', 'long_arg', 'size_arg').map((value) => protoNumber(value) ?? 0),
    texts: of('string_arg').map((value) => textOf(value) ?? ''),
    paths: of('file_arg', 'path_arg', 'dentry_path_arg').flatMap(pathOf),
    sockets: of('sock_arg').filter(isObject),
    addresses: of('sockaddr_arg').filter(isObject),
    result: protoNumber(returned['int_arg'] ?? returned['long_arg'] ?? returned['size_arg']),
    folder: textOf(objectOf(probe['process'])['cwd']),
  }
}

function pathOf(file: unknown): readonly string[] {
  const path = textOf(objectOf(file)['path'])
  const [absolute] = path === undefined ? [] : [absolutePath(path, '/')]
  return absolute === undefined ? [] : [absolute]
}

type Read = (args: Arguments) => Seen | undefined

const MAY_WRITE = 2
const MAY_READ = 4
const MAY_APPEND = 8

/** By the function that the policy hooks. */
const PROBES: ReadonlyMap<string, Read> = new Map(
  Object.entries({
    sys_open: (args) => opened(args, args.numbers[0]),
    sys_openat: (args) => opened(args, args.numbers.at(-1)),
    sys_creat: (args) => opened(args, 0x241),
    sys_truncate: (args) => written({ ...args, paths: pathsOf(args) }, 'truncate'),
    sys_write: (args) => written(args, 'write'),
    sys_read: (args) => read(args, 'read'),
    sys_rename: renamed,
    sys_renameat: renamed,
    sys_renameat2: renamed,
    security_file_permission: permitted,
    file_permission: permitted,
    security_path_truncate: (args) => written(args, 'truncate'),
    path_truncate: (args) => written(args, 'truncate'),
    security_path_rename: renamed,
    tcp_connect: connected,
    sys_connect: connected,
    security_socket_connect: connected,
    socket_connect: connected,
    inet_csk_listen_start: listening,
    security_socket_listen: listening,
    socket_listen: listening,
  } satisfies Record<string, Read>),
)

function opened(args: Arguments, bits: number | undefined): Seen | undefined {
  const [path] = pathsOf(args)
  if (path === undefined || bits === undefined) return undefined
  const flags = openFlags(bits)
  return {
    category: opensToWrite(flags) ? 'file_event' : 'file_read',
    fields: {
      TargetFilename: path,
      'file.flags': flags,
      'syscall.name': 'openat',
      'syscall.result': args.result,
    },
  }
}

/** What the call was asked for, from the folder in which the program was started. */
function pathsOf({ texts, folder }: Pick<Arguments, 'texts' | 'folder'>): readonly string[] {
  return texts.flatMap((text) => absolutePath(text, folder) ?? [])
}

function written({ paths: [path], result }: Arguments, name: string): Seen | undefined {
  if (path === undefined) return undefined
  return {
    category: 'file_event',
    fields: { TargetFilename: path, 'syscall.name': name, 'syscall.result': result },
  }
}

function read(args: Arguments, name: string): Seen | undefined {
  const seen = written(args, name)
  return seen && { ...seen, category: 'file_read' }
}

/** The kernel asks whether a file may be read or written each time that it is. */
function permitted(args: Arguments): Seen | undefined {
  const [mask = 0] = args.numbers
  if ((mask & (MAY_WRITE | MAY_APPEND)) !== 0) return written(args, 'write')
  return (mask & MAY_READ) === 0 ? undefined : read(args, 'read')
}

function renamed({ paths, texts, result, folder }: Arguments): Seen | undefined {
  const [from, to] = paths.length >= 2 ? paths : pathsOf({ texts, folder })
  if (from === undefined || to === undefined) return undefined
  return {
    category: 'file_rename',
    fields: {
      SourceFilename: from,
      TargetFilename: to,
      'syscall.name': 'renameat2',
      'syscall.result': result,
    },
  }
}

function connected({ sockets: [socket], addresses: [asked], result }: Arguments): Seen | undefined {
  const source = socket && endOf(socket, 'saddr', 'sport')
  const peer = (asked && endOf(asked, 'addr', 'port')) ?? (socket && endOf(socket, 'daddr', 'dport'))
  if (peer === undefined) return undefined
  return {
    category: 'network_connection',
    fields: {
      SourceIp: source?.address,
      SourcePort: source?.port,
      ...peerFields(peer, protocolOf(socket)),
      'syscall.name': 'connect',
      'syscall.result': result,
    },
  }
}

function listening({ sockets: [socket], result }: Arguments): Seen | undefined {
  const local = socket && endOf(socket, 'saddr', 'sport')
  if (local === undefined) return undefined
  return {
    category: 'network_listen',
    fields: {
      ...listenFields(local, protocolOf(socket)),
      'syscall.name': 'listen',
      'syscall.result': result,
    },
  }
}

/** Zeros are left out: an end without its address is any address, one without its port has none. */
function endOf(socket: JsonObject, address: string, port: string): SocketEnd | undefined {
  const family = textOf(socket['family'])
  const text = textOf(socket[address])
  if (family === 'AF_UNIX') return text === undefined ? undefined : { family: 'unix', address: text }
  if (family !== undefined && family !== 'AF_INET' && family !== 'AF_INET6') return undefined
  if (text === undefined) return undefined
  return networkEnd(text, protoNumber(socket[port]))
}

function protocolOf(socket: JsonObject | undefined): string | undefined {
  return textOf(socket?.['protocol'])
    ?.replace(/^IPPROTO_/, '')
    .toLowerCase()
}

/** A system call of those that have no category of their own. */
function calledAs(name: string): Read | undefined {
  if (!name.startsWith('sys_')) return undefined
  return ({ numbers, texts, result }) => {
    // umount2 is the newer of two calls, and keeps the older one's name within the kernel
    const call = name === 'sys_umount' ? 'umount2' : name.slice('sys_'.length)
    const fields = callFields(call, numbers, texts)
    return fields && { category: 'kernel_call', fields: known({ ...fields, 'syscall.result': result }) }
  }
}
