/** What a key does; a sequence is written with a blank: `g q`. */
export type Bindings = Readonly<Record<string, (() => void) | undefined>>

/** The second key of a sequence must follow within this time, ms. */
const SEQUENCE = 1_500

/**
 * Turns key presses into what the innermost listener binds them to. Keys that are typed into a field are the
 * field's, except Escape.
 */
export function createKeyStack(now: () => number): {
  /** `alone` hides what was added before it, as a form does the keys of its page. */
  readonly add: (bindings: () => Bindings, alone?: boolean) => () => void
  readonly press: (event: PressedKey) => boolean
} {
  const stack: { readonly bindings: () => Bindings; readonly alone: boolean }[] = []
  let [begun, at] = ['', 0]

  /** From the innermost outwards, up to one that is alone. */
  const heard = (): readonly (() => Bindings)[] => {
    const last = stack.findLastIndex(({ alone }) => alone)
    return stack
      .slice(Math.max(0, last))
      .map(({ bindings }) => bindings)
      .toReversed()
  }
  const find = (keys: string): (() => void) | undefined => {
    for (const bindings of heard()) {
      const bound = bindings()
      if (Object.hasOwn(bound, keys)) return bound[keys]
    }
    return undefined
  }
  const begins = (key: string): boolean =>
    heard().some((bindings) => Object.keys(bindings()).some((each) => each.startsWith(`${key} `)))

  return {
    add(bindings, alone = false) {
      const entry = { bindings, alone }
      stack.push(entry)
      return () => void stack.splice(stack.indexOf(entry), 1)
    },
    press({ key, typing, modified }) {
      if (modified || (typing && key !== 'Escape')) return false
      const sequence = begun !== '' && now() - at < SEQUENCE ? `${begun} ${key}` : undefined
      begun = ''
      const bound = (sequence === undefined ? undefined : find(sequence)) ?? find(key)
      if (bound !== undefined) {
        bound()
        return true
      }
      if (!begins(key)) return false
      ;[begun, at] = [key, now()]
      return true
    },
  }
}

export interface PressedKey {
  readonly key: string
  readonly typing: boolean
  /** Control, Alt or Meta is held: the browser's and the system's keys. */
  readonly modified: boolean
}
