import { onNewKey } from './key.ts'

let over = false
const listeners = new Set<() => void>()

/** Whether the daemon knows this browser; told by the first answer that says it does not. */
export const session = {
  over: (): boolean => over,
  end: (): void => {
    over = true
    for (const listener of listeners) listener()
  },
  subscribe: (listener: () => void): (() => void) => {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  },
}

/** Another tab has logged in: so has this one. */
export function followLogin(): () => void {
  return onNewKey(() => {
    if (over) window.location.reload()
  })
}
