/** Longer texts seldom come twice, and are not kept. */
const LENGTH = 256
/** Looks after which it is decided whether remembering pays. */
const TRIAL = 1_024
/** One text in so many must have been known. */
const WORTH = 8
/** Looks without remembering, before it is tried again. */
const PAUSE = 16_384

/** A text that may come again, and what those who asked found in it, each under a number of its own. */
export interface KnownText {
  readonly text: string
  readonly found: unknown[]
}

/**
 * Remembers texts while they recur, as most fields of telemetry do: names of programs, users, directories. The newest
 * are known, as many as a generation and up to twice that; where few of them come again none is for a while
 * (undefined), so that a stream of random values costs nothing more.
 */
export function knownTexts(generation = 256): (text: string) => KnownText | undefined {
  let young = new Map<string, KnownText>()
  let old = new Map<string, KnownText>()
  let [looks, known, pause] = [0, 0, 0]
  const keep = (one: KnownText): KnownText => {
    if (young.size >= generation) {
      old = young
      young = new Map()
    }
    young.set(one.text, one)
    return one
  }
  const judge = (): void => {
    if (known * WORTH < looks) {
      pause = PAUSE
      young = new Map()
      old = new Map()
    }
    looks = 0
    known = 0
  }
  return (text) => {
    if (pause > 0) {
      pause -= 1
      return undefined
    }
    if (text.length > LENGTH) return undefined
    if (looks >= TRIAL) judge()
    looks += 1
    const newest = young.get(text)
    if (newest !== undefined) {
      known += 1
      return newest
    }
    const before = old.get(text)
    if (before === undefined) return keep({ text: owned(text), found: [] })
    known += 1
    return keep(before)
  }
}

/** Remembers what is found in texts while they recur. `find` must depend on the text alone. */
export function recurring<Found>(find: (text: string) => Found, generation = 256): (text: string) => Found {
  const knownOf = knownTexts(generation)
  return (text) => {
    const known = knownOf(text)
    if (known === undefined) return find(text)
    if (known.found.length === 0) known.found.push(find(text))
    return known.found[0] as Found
  }
}

/** A part of a longer text would keep all of it in memory. */
function owned(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le')
}
