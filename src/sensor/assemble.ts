import { upToZero, type Head, type Message } from './messages.ts'

/** An event with its texts together again. */
export interface Observed extends Head {
  /** The text of a field, as far as it came; `whole` unless something of it is missing. */
  text(field: number): Piecewise | undefined
  /** The bytes of a field that has a length rather than an end. */
  bytes(field: number): Piecewise | undefined
  /** Where the relative path of a field begins, or the working directory of an exec. */
  folder(field: number): Piecewise | undefined
  /** Processes above, nearest first. */
  readonly above: readonly number[]
}

export interface Piecewise {
  readonly bytes: Buffer
  readonly whole: boolean
}

interface Parts {
  readonly lengths: Map<number, number>
  readonly texts: Map<number, Map<number, Buffer>>
  readonly steps: Map<number, Map<number, { readonly length: number; readonly bytes: Buffer }>>
  readonly roots: Map<number, number>
  above: readonly number[]
}

/** Events whose pieces came and whose end did not: they are given up one after the other. */
const MAX_OPEN = 4_096

export interface Assembly {
  /** Takes a piece, or the end of an event, which makes it whole. */
  take(message: Message): Observed | undefined
}

export function createAssembly(): Assembly {
  const open = new Map<string, Parts>()
  const partsOf = (of: string): Parts => {
    const known = open.get(of)
    if (known !== undefined) return known
    const made = newParts()
    open.set(of, made)
    if (open.size > MAX_OPEN)
      for (const oldest of open.keys()) {
        open.delete(oldest)
        break
      }
    return made
  }
  return {
    take(message) {
      if (message.kind === 'event') {
        const parts = open.get(message.of) ?? newParts()
        open.delete(message.of)
        return observed(message, parts)
      }
      if (message.kind === 'length') partsOf(message.of).lengths.set(message.field, message.length)
      else if (message.kind === 'text')
        within(partsOf(message.of).texts, message.field).set(message.at, message.bytes)
      else if (message.kind === 'step')
        within(partsOf(message.of).steps, message.field).set(message.at, message)
      else if (message.kind === 'root') partsOf(message.of).roots.set(message.field, message.steps)
      else if (message.kind === 'above') partsOf(message.of).above = message.pids
      return undefined
    },
  }
}

function newParts(): Parts {
  return { lengths: new Map(), texts: new Map(), steps: new Map(), roots: new Map(), above: [] }
}

function within<T>(maps: Map<number, Map<number, T>>, key: number): Map<number, T> {
  const known = maps.get(key)
  if (known !== undefined) return known
  const made = new Map<number, T>()
  maps.set(key, made)
  return made
}

function observed(head: Head, parts: Parts): Observed {
  return {
    ...head,
    above: parts.above,
    text(field) {
      const pieces = parts.texts.get(field)
      if (pieces === undefined) return undefined
      const all = joined(pieces)
      const bytes = upToZero(all)
      return { bytes, whole: bytes.length < all.length }
    },
    bytes(field) {
      const length = parts.lengths.get(field)
      if (length === undefined) return undefined
      const all = joined(parts.texts.get(field) ?? new Map())
      return { bytes: all.subarray(0, length), whole: all.length >= length }
    },
    folder(field) {
      const steps =
        parts.steps.get(field) ?? new Map<number, { readonly length: number; readonly bytes: Buffer }>()
      const count = parts.roots.get(field)
      if (count === undefined && steps.size === 0) return undefined
      const names = [...steps].sort(([a], [b]) => b - a).map(([, step]) => step)
      const whole = count === steps.size && names.every(({ length, bytes }) => bytes.length >= length)
      const path = names.flatMap(({ length, bytes }) =>
        length === 0 ? [] : [Buffer.from('/'), bytes.subarray(0, length)],
      )
      return { bytes: path.length === 0 ? Buffer.from('/') : Buffer.concat(path), whole }
    },
  }
}

/** Pieces that follow on each other from the beginning. */
function joined(pieces: ReadonlyMap<number, Buffer>): Buffer {
  const list: Buffer[] = []
  let at = 0
  for (let piece = pieces.get(0); piece !== undefined && piece.length > 0; piece = pieces.get(at)) {
    list.push(piece)
    at += piece.length
  }
  return Buffer.concat(list)
}
