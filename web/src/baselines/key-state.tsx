import type { BaselineKey } from '../api/types.ts'
import styles from './key-state.module.css'

type State = BaselineKey['state']

/** In which order they are told. */
export const KEY_STATES = ['learning', 'armed', 'stale', 'drifted'] as const satisfies readonly State[]

const MARKS: Readonly<Record<State, string>> = {
  learning: 'M8 2.5a5.5 5.5 0 1 0 5.5 5.5',
  armed: 'M3 8.5l3.5 3.5L13 4.5',
  stale: 'M8 4v4.5l3 1.8M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2z',
  drifted: 'M2 11.5l4-4 3 2 5-6.5M10.5 3H14v3.5',
}

export const STATE_MEANINGS: Readonly<Record<State, string>> = {
  learning: 'tells nothing yet',
  armed: 'has learned, and tells',
  stale: 'has learned, and was not seen for as long as that took; still tells',
  drifted: 'what it has moved away from what it learned; still tells',
}

export function isKeyState(text: string | null): text is State {
  return (KEY_STATES as readonly (string | null)[]).includes(text)
}

/** How far a key is: a mark and a word, so that no colour has to tell it. */
export function KeyState({ state }: { readonly state: State }) {
  return (
    <span className={styles.state} data-state={state} title={STATE_MEANINGS[state]}>
      <svg
        width="14"
        height="14"
        viewBox="0 0 16 16"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.8"
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden="true"
      >
        <path d={MARKS[state]} />
      </svg>
      {state}
    </span>
  )
}
