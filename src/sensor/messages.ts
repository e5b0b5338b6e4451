/** A message of the program in sensors/bpftrace/sensor.bt, where its grammar stands. */
export type Message =
  | { readonly kind: 'length'; readonly of: string; readonly field: number; readonly length: number }
  | {
      readonly kind: 'text'
      readonly of: string
      readonly field: number
      readonly at: number
      readonly bytes: Buffer
    }
  | {
      readonly kind: 'step'
      readonly of: string
      readonly field: number
      readonly at: number
      readonly length: number
      readonly bytes: Buffer
    }
  | { readonly kind: 'root'; readonly of: string; readonly field: number; readonly steps: number }
  | { readonly kind: 'above'; readonly of: string; readonly pids: readonly number[] }
  | { readonly kind: 'group'; readonly group: string; readonly level: number; readonly name: string }
  | ({ readonly kind: 'event'; readonly of: string } & Head)
  | ({ readonly kind: 'closed' } & Closed)
  | ({ readonly kind: 'fork' } & Fork)
  | { readonly kind: 'exit'; readonly time: number; readonly pid: number }
  | { readonly kind: 'beat'; readonly time: number }
  | { readonly kind: 'lost'; readonly count: number }

/** The numbers of an event. */
export interface Head {
  /** 1 exec, 2 failed exec, 3 open, 4 rename, 5 connect, 6 bind, 7 listen, 8 another call. */
  readonly type: number
  /** ns since boot. */
  readonly time: number
  readonly pid: number
  readonly ppid: number
  readonly uid: number
  /** When the process began, ns since boot. */
  readonly start: number
  readonly group: string
  readonly result: number
  readonly numbers: readonly bigint[]
  /** The process above was in the host's mount namespace then: this one is what a runtime started. */
  readonly outside: boolean
}

/** A process that was forked; `ppid` is who did it. */
export interface Fork {
  /** ns since boot. */
  readonly time: number
  readonly pid: number
  readonly ppid: number
  readonly uid: number
}

/** A file that a watched process had opened to write to was closed; others may have it open still. */
export interface Closed {
  /** ns since boot. */
  readonly time: number
  readonly inode: bigint
  /** As the kernel numbers it. */
  readonly device: bigint
}

/** Reads one line of `bpftrace -f json`; undefined for what is not one of the program's messages. */
export function parseMessage(line: string): Message | undefined {
  let json: { readonly type?: unknown; readonly data?: unknown }
  try {
    json = JSON.parse(line) as typeof json
  } catch {
    return undefined
  }
  if (typeof json !== 'object' || json === null) return undefined
  if (json.type === 'lost_events') {
    const count = Number((json.data as { readonly events?: unknown } | null)?.events)
    return { kind: 'lost', count: Number.isFinite(count) ? count : 0 }
  }
  return json.type === 'printf' && typeof json.data === 'string' ? parseText(json.data) : undefined
}

function parseText(data: string): Message | undefined {
  const words = data.trimEnd().split(' ')
  const of = `${words[1]} ${words[2]}`
  const number = (index: number): number => Number(words[index])
  switch (words[0]) {
    case 'L':
      return { kind: 'length', of, field: number(3), length: number(4) }
    case 'T':
      return { kind: 'text', of, field: number(3), at: number(4), bytes: bytesOf(words, 5) }
    case 'D':
      return {
        kind: 'step',
        of,
        field: number(3),
        at: number(4),
        length: number(5),
        bytes: bytesOf(words, 6),
      }
    case 'R':
      return { kind: 'root', of, field: number(3), steps: number(4) }
    case 'A':
      return { kind: 'above', of, pids: words.slice(3).map(Number) }
    case 'C':
      return {
        kind: 'group',
        group: words[1] ?? '',
        level: number(2),
        name: upToZero(bytesOf(words, 3)).toString(),
      }
    case 'E':
      return headOf(words)
    case 'W':
      return /^\d+ \d+ \d+$/.test(words.slice(1).join(' '))
        ? { kind: 'closed', time: number(1), inode: BigInt(words[2] ?? 0), device: BigInt(words[3] ?? 0) }
        : undefined
    case 'F':
      return {
        kind: 'fork',
        time: number(1),
        pid: number(2),
        ppid: number(3),
        uid: number(4) >>> 0,
      }
    case 'X':
      return { kind: 'exit', time: number(1), pid: number(2) }
    case 'B':
      return { kind: 'beat', time: number(1) }
    default:
      return undefined
  }
}

function headOf(words: readonly string[]): Message | undefined {
  const [, type, time, tid, pid, ppid, uid, start, group, result, ...rest] = words
  if (rest.length !== 6 || !rest.every((word) => /^\d+$/.test(word))) return undefined
  return {
    kind: 'event',
    of: `${time} ${tid}`,
    type: Number(type),
    time: Number(time),
    pid: Number(pid),
    ppid: Number(ppid),
    uid: Number(uid) >>> 0,
    start: Number(start),
    group: group ?? '',
    result: Number(result),
    numbers: rest.slice(0, 5).map(BigInt),
    outside: rest[5] === '1',
  }
}

function bytesOf(words: readonly string[], from: number): Buffer {
  return Buffer.from(words.slice(from).join(''), 'hex')
}

/** The bytes before the first zero. */
export function upToZero(bytes: Buffer): Buffer {
  const zero = bytes.indexOf(0)
  return zero === -1 ? bytes : bytes.subarray(0, zero)
}
