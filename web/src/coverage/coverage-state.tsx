import type { StrategyCoverage } from '../api/types.ts'
import styles from './coverage-page.module.css'

type State = StrategyCoverage['state']

/** An eye, ever less open. */
const MARKS: Readonly<Record<State, string>> = {
  covered: 'M1.5 8S4 3.8 8 3.8 14.5 8 14.5 8 12 12.2 8 12.2 1.5 8 1.5 8zM8 6.4v3.2M6.4 8h3.2',
  degraded: 'M1.5 8S4 4.6 8 4.6 14.5 8 14.5 8M1.5 8S4 11.4 8 11.4',
  blind: 'M1.5 8S4 3.8 8 3.8 14.5 8 14.5 8 12 12.2 8 12.2 1.5 8 1.5 8zM2.5 13.5l11-11',
  unmeasured: 'M3 8h.01M8 8h.01M13 8h.01',
  'not-present': 'M3 8h10',
}

const MEANINGS: Readonly<Record<State, string>> = {
  covered: 'all that it assumes of the telemetry holds, or is not about anything here',
  degraded: 'part of what it needs does not arrive',
  blind: 'what it cannot do without does not arrive',
  unmeasured: 'nothing was measured yet',
  'not-present': 'it is about systems that the site says it does not have (not-present.yaml)',
}

/** What a strategy sees now: a mark and a word, so that no color has to tell it. */
export function CoverageState({ state }: { readonly state: State }) {
  return (
    <span className={styles.state} data-state={state} title={MEANINGS[state]}>
      <svg
        width="16"
        height="16"
        viewBox="0 0 16 16"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.6"
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden="true"
      >
        <path d={MARKS[state]} />
      </svg>
      {state === 'not-present' ? 'not present' : state}
    </span>
  )
}
