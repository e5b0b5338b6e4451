/** What a key does; a sequence is written with a blank: `g q`. */
export type Bindings = Readonly<Record<string, (() => void) | undefined>>

/** The second key of a sequence must follow within this time, ms. */
const SEQUENCE = 1_500

/**
 * Turns key presses into what the innermost listener binds them to. Keys that are typed into a field are the
 * field's, except Escape.
 */
export function createKeyStack(now: () => number): {
  readonly add: (bindings: () => Bindings) => () => void
  readonly press: (event: PressedKey) => boolean
} {
  const stack: (() => Bindings)[] = []
  let [begun, at] = ['', 0]

  const find = (keys: string): (() => void) | undefined => {
    for (const bindings of stack.toReversed()) {
      const bound = bindings()
      if (Object.hasOwn(bound, keys)) return bound[keys]
    }
    return undefined
  }
  const begins = (key: string): boolean =>
    stack.some((bindings) => Object.keys(bindings()).some((each) => each.startsWith(`${key} `)))

  return {
    add(bindings) {
      stack.push(bindings)
      return () => void stack.splice(stack.indexOf(bindings), 1)
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
