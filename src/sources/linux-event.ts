import { posix } from 'node:path'
import type { Logsource, Mapping } from '../domain/event.ts'
import { callArguments, CALLS_BY_NAME } from '../domain/kernel-calls.ts'
import { normalPath } from '../domain/normal-path.ts'
import { plainAddress } from '../domain/plain-address.ts'
import { known } from './json.ts'
import type { JsonObject } from './json.ts'

const CATEGORIES = [
  'process_creation',
  'file_event',
  'file_read',
  'file_rename',
  'network_connection',
  'network_listen',
  'kernel_call',
] as const
export type LinuxCategory = (typeof CATEGORIES)[number]

/** The log sources of what the kernel was asked, whoever watched it. */
export const LINUX: Readonly<Record<LinuxCategory, Logsource>> = Object.freeze(
  Object.fromEntries(
    CATEGORIES.map((category) => [category, Object.freeze({ product: 'linux', category })]),
  ) as Record<LinuxCategory, Logsource>,
)

/** Records have the names that rules use; what is asked of all ancestors is found in each. */
export const LINUX_MAPPING: Mapping = Object.freeze({
  'process.ancestors.executable': [['process.ancestors', 'executable']],
  'process.ancestors.command_line': [['process.ancestors', 'command_line']],
})

/** A process as a source knows it; pids as the host numbers them. */
export interface LinuxProcess extends LinuxProgram {
  readonly cwd?: string | undefined
  readonly user?: string | undefined
  readonly pid?: number | undefined
  readonly ppid?: number | undefined
  /** Base name of the file that the kernel runs. */
  readonly file?: string | undefined
  readonly parent?: LinuxProgram
  /** Nearest first. */
  readonly ancestors?: readonly LinuxProgram[]
}

export interface LinuxProgram {
  readonly pid?: number | undefined
  /** Path, absolute. */
  readonly executable?: string | undefined
  /** All arguments, the name that it was started by included. */
  readonly args?: readonly string[]
}

/** Who did it, under Sigma's names and OpenTelemetry's. */
export function processFields(process: LinuxProcess): JsonObject {
  const { args = [], parent, ancestors = [] } = process
  return {
    Image: process.executable,
    CommandLine: lineOf(args),
    CurrentDirectory: process.cwd,
    User: process.user,
    ProcessId: process.pid,
    ParentProcessId: process.ppid,
    ParentImage: parent?.executable,
    ParentCommandLine: lineOf(parent?.args ?? []),
    'process.executable.name': programOf(process.executable, args),
    'process.executable.file': process.file,
    'process.command_args': args.length > 0 ? args : undefined,
    'process.subcommand': args[1],
    'process.parent.executable.name': programOf(parent?.executable, parent?.args ?? []),
    'process.ancestors': ancestors.length > 0 ? ancestors.map(ancestorOf) : undefined,
  }
}

function ancestorOf({ pid, executable, args = [] }: LinuxProgram): JsonObject {
  return known({ pid, executable, command_line: lineOf(args) })
}

function lineOf(args: readonly string[]): string | undefined {
  return args.length > 0 ? args.join(' ') : undefined
}

/** Base name of the program; of one file that is many programs, the one that the first argument chooses. */
function programOf(path: string | undefined, args: readonly string[]): string | undefined {
  if (path === undefined) return undefined
  const name = posix.basename(path) || path
  return MULTI_CALL.has(name) ? nameIn(args.slice(0, 2), name) : name
}

const MULTI_CALL = new Set(['busybox', 'toybox'])

/** `busybox sh` and `sh` both say sh. */
function nameIn(args: readonly string[], file: string): string {
  const names = args.map((arg) => posix.basename(arg)).filter((arg) => arg !== '' && !arg.startsWith('-'))
  return names.find((name) => name !== file) ?? file
}

/** An end of a connection. */
export interface SocketEnd {
  readonly family: 'ipv4' | 'ipv6' | 'unix'
  readonly address: string
  readonly port?: number | undefined
}

/** An end by its IP address. */
export function networkEnd(text: string, port: number | undefined): SocketEnd {
  const address = plainAddress(text)
  return { family: address.includes(':') ? 'ipv6' : 'ipv4', address, port }
}

/** What a record about the end that was asked for adds. */
export function peerFields(peer: SocketEnd, protocol: string | undefined): JsonObject {
  return {
    Initiated: 'true',
    Protocol: protocol,
    DestinationIp: peer.family === 'unix' ? undefined : peer.address,
    DestinationPort: peer.port,
    'network.type': peer.family,
    'network.peer.address': peer.address,
  }
}

/** What a record about the end that waits adds. */
export function listenFields(local: SocketEnd, protocol: string | undefined): JsonObject {
  return {
    Protocol: protocol,
    'network.type': local.family,
    'network.local.address': local.address,
    'network.local.port': local.port,
  }
}

/** What a record about a system call that has no category of its own adds: its arguments in the form's order. */
export function callFields(
  name: string,
  numbers: readonly (number | undefined)[],
  texts: readonly (string | undefined)[],
): JsonObject | undefined {
  const form = CALLS_BY_NAME.get(name)
  if (form === undefined) return undefined
  const flags = form.flags?.(numbers.map((number) => (number ?? 0) >>> 0)) ?? []
  return {
    'syscall.name': name,
    'syscall.args': callArguments(form, texts, numbers),
    'syscall.flags': flags.length > 0 ? flags : undefined,
  }
}

/** The path made absolute below the folder; undefined where that is not known. */
export function absolutePath(path: string, folder: string | undefined): string | undefined {
  if (path.startsWith('/')) return normalPath(path)
  return folder?.startsWith('/') === true ? normalPath(`${folder}/${path}`) : undefined
}

/** Whether a file that is opened so can be changed: otherwise it is only read. */
export function opensToWrite(flags: readonly string[]): boolean {
  return flags.some((flag) => WRITING.has(flag))
}
const WRITING = new Set(['O_WRONLY', 'O_RDWR', 'O_CREAT', 'O_TRUNC', 'O_APPEND', 'O_TMPFILE'])
