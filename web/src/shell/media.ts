import { useSyncExternalStore } from 'react'

/** Whether a media query holds, and again when that changes. */
export function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (listener) => {
      const media = window.matchMedia(query)
      media.addEventListener('change', listener)
      return () => media.removeEventListener('change', listener)
    },
    () => window.matchMedia(query).matches,
  )
}

/** The incident stands beside the queue. */
export const SPLIT = '(min-width: 1100px)'
/** The strategy stands beside the incident. */
export const THREE_PANES = '(min-width: 1700px)'
