/** Longer texts seldom come twice, and are not kept. */
const LENGTH = 256
/** Looks after which it is decided whether remembering pays. */
const TRIAL = 1_024
/** One text in so many must have been known. */
const WORTH = 8
/** Looks without remembering, before it is tried again. */
const PAUSE = 16_384

/**
 * Remembers what is found in texts while they recur, as most fields of telemetry do: names of programs, users,
 * directories. The newest texts are known, as many as a generation and up to twice that; where few of them come again
 * nothing is remembered for a while, so that a stream of random values costs nothing more. `find` must depend on the
 * text alone.
 */
export function recurring<Found>(find: (text: string) => Found, generation = 256): (text: string) => Found {
  let young = new Map<string, Found>()
  let old = new Map<string, Found>()
  let [looks, known, pause] = [0, 0, 0]
  const keep = (text: string, found: Found): void => {
    if (young.size >= generation) {
      old = young
      young = new Map()
    }
    young.set(owned(text), found)
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
      return find(text)
    }
    if (text.length > LENGTH) return find(text)
    looks += 1
    let found = young.get(text)
    if (found === undefined) {
      found = old.get(text)
      if (found === undefined) {
        found = find(text)
        keep(text, found)
        if (looks >= TRIAL) judge()
        return found
      }
      keep(text, found)
    }
    known += 1
    if (looks >= TRIAL) judge()
    return found
  }
}

/** A part of a longer text would keep all of it in memory. */
function owned(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le')
}
