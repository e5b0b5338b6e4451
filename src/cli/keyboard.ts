/** Single keys of a terminal, while something else runs. */
export interface Keyboard {
  /** False where there is no terminal to press keys on. */
  on(key: string, pressed: () => void): boolean
  [Symbol.dispose](): void
}

const INTERRUPT = '\u0003'

/** Listens only once a key is asked for. What usually interrupts a program still does: `interrupted` is called. */
export function keyboard(interrupted: () => void, from: NodeJS.ReadStream = process.stdin): Keyboard {
  const keys = new Map<string, () => void>()
  const heard = (typed: Buffer): void => {
    for (const key of typed.toString('latin1')) {
      if (key === INTERRUPT) interrupted()
      else keys.get(key.toLowerCase())?.()
    }
  }
  return {
    on(key, pressed) {
      if (!from.isTTY) return false
      if (keys.size === 0) {
        from.setRawMode(true)
        from.on('data', heard)
        from.resume()
      }
      keys.set(key, pressed)
      return true
    },
    [Symbol.dispose]() {
      if (keys.size === 0) return
      from.off('data', heard)
      from.setRawMode(false)
      from.pause()
    },
  }
}
