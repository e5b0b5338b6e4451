import { emptyParts, isExec, isWhole, meaningOf, socketOf } from './audit-event.ts'
import type { AuditMeaning, AuditParts } from './audit-event.ts'
import type { AuditFields, AuditLine } from './audit-line.ts'
import { isObject, listOf } from './json.ts'
import type { JsonObject } from './json.ts'

/** An event of audit, put together from its records. */
export interface AuditWhole {
  readonly node: string | undefined
  readonly time: number
  readonly serial: number
  readonly meaning: AuditMeaning
}

interface Pending {
  readonly node: string | undefined
  readonly time: number
  readonly serial: number
  readonly parts: AuditParts
  /** Characters that it holds. */
  size: number
}

/** Puts events together whose records come one by one, mixed with those of others. */
export interface PendingEvents {
  /** Events that are whole with this line, or that wait no longer. */
  take(line: AuditLine): readonly AuditWhole[]
  /** Those of which nothing is missing. */
  settle(): readonly AuditWhole[]
  checkpoint(): unknown
}

/** The audit daemon's own patience with records that come late, ms. */
const PATIENCE = 2_000
const MAX_PENDING = 128
/** Of all that waits, in characters: it is in every checkpoint. */
const MAX_WAITING = 512 * 1024
/** Of arguments, in characters: what a strategy looks for stands earlier. */
const MAX_HELD = 128 * 1024
const MAX_PATHS = 64
const MAX_ARGUMENTS = 4_096

const PARTS = new Set(['SYSCALL', 'EXECVE', 'CWD', 'PATH', 'SOCKADDR', 'OPENAT2', 'PROCTITLE'])

export function createPendingEvents(checkpoint?: unknown): PendingEvents {
  const pending = new Map<string, Pending>()
  for (const entry of listOf(checkpoint)) {
    const [key, value] = Array.isArray(entry) ? entry : []
    if (typeof key === 'string' && isPending(value)) pending.set(key, value)
  }

  const finished = (key: string): readonly AuditWhole[] => {
    const event = pending.get(key)
    pending.delete(key)
    const meaning = event && meaningOf(event.parts)
    return event === undefined || meaning === undefined
      ? []
      : [{ node: event.node, time: event.time, serial: event.serial, meaning }]
  }
  const overdue = ({ node, time }: AuditLine): readonly AuditWhole[] =>
    [...pending]
      .filter(([, event]) => event.node === node && event.time < time - PATIENCE)
      .flatMap(([key]) => finished(key))
  const opened = (key: string, { node, time, serial }: AuditLine): Pending => {
    const event = { node, time, serial, parts: emptyParts(), size: 0 }
    pending.set(key, event)
    return event
  }

  /** The oldest, where more waits than may. */
  const crowdedOut = (): readonly AuditWhole[] => {
    let waiting = pending.values().reduce((sum, { size }) => sum + size, 0)
    const out: AuditWhole[] = []
    for (const [key, { size }] of pending) {
      if (pending.size <= MAX_PENDING && waiting <= MAX_WAITING) break
      waiting -= size
      out.push(...finished(key))
    }
    return out
  }

  return {
    take(line) {
      const late = overdue(line)
      const key = `${line.node ?? ''} ${line.time}:${line.serial}`
      if (line.type === 'EOE') return [...late, ...finished(key)]
      if (!PARTS.has(line.type)) return late
      const known = pending.get(key)
      // of an event that was told already, or that is about no system call
      if (known === undefined && line.type === 'PROCTITLE') return late
      const event = known ?? opened(key, line)
      add(event, line)
      const { parts } = event
      const isReady = isWhole(parts) && isComplete(parts)
      return [...late, ...(isReady ? finished(key) : []), ...crowdedOut()]
    },
    settle() {
      return [...pending].filter(([, { parts }]) => isWhole(parts)).flatMap(([key]) => finished(key))
    },
    checkpoint: () => (pending.size === 0 ? undefined : [...pending]),
  }
}

/** Whether also what need not be there has come: an exclude list may leave out CWD and PROCTITLE. */
function isComplete({ syscall, cwd, paths, title }: AuditParts): boolean {
  return (cwd !== undefined || paths.length === 0) && (title !== undefined || isExec(syscall))
}

function add(event: Pending, { type, fields }: AuditLine): void {
  const { parts } = event
  const kept = (names: readonly string[]): AuditFields => clipped(event, fields, names)
  if (type === 'SYSCALL') parts.syscall ??= kept(OF_A_CALL)
  else if (type === 'CWD') parts.cwd ??= kept(['cwd'])['cwd'] ?? ''
  else if (type === 'PATH') {
    if (parts.paths.length < MAX_PATHS) parts.paths.push(kept(['item', 'name', 'nametype']))
  } else if (type === 'SOCKADDR') parts.socket ??= socketOf(fields)
  else if (type === 'OPENAT2') parts.openFlags = octalOf(fields['oflag'])
  else if (type === 'PROCTITLE') parts.title = (kept(['proctitle'])['proctitle'] ?? '').split('\0')
  else if (type === 'EXECVE') addArguments(event, fields)
}

/** What is asked of a SYSCALL record later. */
const OF_A_CALL = 'arch syscall SYSCALL success exit a0 a1 a2 a3 items ppid pid uid UID exe'.split(' ')
/** Linux has no longer paths, and the kernel no longer records; in characters. */
const MAX_FIELD = 8_192

/** The fields of these names, and so much of each as a kernel writes. */
function clipped(event: Pending, fields: AuditFields, names: readonly string[]): AuditFields {
  const kept: [string, string][] = names.flatMap((name) => {
    const value = Object.hasOwn(fields, name) ? fields[name] : undefined
    return value === undefined ? [] : [[name, value.slice(0, MAX_FIELD)]]
  })
  for (const [, value] of kept) event.size += value.length
  return Object.fromEntries(kept)
}

function octalOf(written: string | undefined): number {
  return written === undefined || !/^[0-7]{1,12}$/.test(written) ? 0 : Number.parseInt(written, 8)
}

/** Arguments stand in one record, or a long one in pieces over several. */
function addArguments(event: Pending, fields: AuditFields): void {
  const { parts } = event
  const count = Number(fields['argc'])
  if (Number.isInteger(count) && count >= 0) parts.argc = Math.min(count, MAX_ARGUMENTS)
  for (const { index, text, isPiece } of argumentsOf(fields)) {
    if (index >= MAX_ARGUMENTS) continue
    const room = Math.max(0, MAX_HELD - event.size)
    if (text.length > room) parts.cut = true
    const kept = text.slice(0, room)
    event.size += kept.length
    put(parts, index, (parts.args[index] ?? '') + kept)
    if (isPiece && !parts.bytewise.includes(index)) parts.bytewise.push(index)
  }
}

function put(parts: AuditParts, index: number, text: string): void {
  while (parts.args.length < index) parts.args.push(null)
  parts.args[index] = text
}

interface Argument {
  readonly index: number
  readonly text: string
  /** Of an argument in pieces: its text is bytes, a character each. */
  readonly isPiece: boolean
}

/** The arguments of an EXECVE record, in the order in which they are told. */
function argumentsOf(fields: AuditFields): readonly Argument[] {
  return Object.entries(fields).flatMap(([name, text]) => {
    const [, index, piece] = /^a(\d{1,5})(\[\d+\])?$/.exec(name) ?? []
    return index === undefined ? [] : [{ index: Number(index), text, isPiece: piece !== undefined }]
  })
}

function isPending(value: unknown): value is Pending {
  if (!isObject(value) || !isObject(value['parts'])) return false
  const parts: JsonObject = value['parts']
  return (
    typeof value['time'] === 'number' &&
    typeof value['serial'] === 'number' &&
    typeof value['size'] === 'number' &&
    Array.isArray(parts['paths']) &&
    Array.isArray(parts['args']) &&
    Array.isArray(parts['bytewise'])
  )
}
