import type { KeyboardEvent } from 'react'

/**
 * What a key does to a place among `count` others: arrows, Home and End, and pages of `page`. Undefined for any other
 * key.
 */
export function stepThrough(
  key: string,
  at: number,
  { count, page }: { readonly count: number; readonly page: number },
): number | undefined {
  const within = (place: number): number => Math.min(Math.max(place, 0), count - 1)
  switch (key) {
    case 'ArrowLeft':
    case 'ArrowDown':
      return within(at - 1)
    case 'ArrowRight':
    case 'ArrowUp':
      return within(at + 1)
    case 'PageUp':
      return within(at - page)
    case 'PageDown':
      return within(at + page)
    case 'Home':
      return 0
    case 'End':
      return count - 1
    default:
      return undefined
  }
}

/** Takes the key from the page behind it where it steps. */
export function onStep(
  event: KeyboardEvent,
  at: number,
  among: { readonly count: number; readonly page: number },
  go: (place: number) => void,
): void {
  const place = stepThrough(event.key, at, among)
  if (place === undefined || event.ctrlKey || event.altKey || event.metaKey) return
  event.preventDefault()
  go(place)
}
