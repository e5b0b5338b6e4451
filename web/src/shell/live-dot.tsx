import { useLiveState } from '../api/live-context.tsx'
import type { LiveState } from '../api/live.ts'
import styles from './live-dot.module.css'

const WORDS: Readonly<Record<LiveState, string>> = {
  connecting: 'Connecting',
  live: 'Live',
  lost: 'Reconnecting',
  refused: 'Logged out',
}

/** Whether what happens arrives here as it happens. */
export function LiveDot() {
  const state = useLiveState()
  return (
    <span className={styles.live} data-state={state} role="status">
      <svg width="8" height="8" viewBox="0 0 8 8" aria-hidden="true">
        <circle cx="4" cy="4" r="3" />
      </svg>
      {WORDS[state]}
    </span>
  )
}
