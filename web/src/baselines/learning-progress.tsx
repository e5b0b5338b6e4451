import type { WholeKey } from '../api/types.ts'
import { useNow } from '../text/now.tsx'
import { duration } from '../text/time.ts'
import styles from './baselines.module.css'

/** How far a key is that learns: it needs all three. */
export function LearningProgress({ of: { baseline, first, samples, days } }: { readonly of: WholeKey }) {
  const now = useNow()
  const { learning } = baseline
  const passed = Math.min(Math.max(0, now - Date.parse(first)), learning.span)
  return (
    <div className={styles.progress} role="group" aria-label="Learning">
      <Part
        name="Time"
        part={passed}
        of={learning.span}
        words={`${duration(passed)} of ${duration(learning.span)}`}
      />
      <Part
        name="Observations"
        part={samples}
        of={learning.samples}
        words={`${count(samples)} of ${count(learning.samples)}`}
      />
      <Part name="Days" part={days} of={learning.days} words={`${days} of ${learning.days} with one`} />
    </div>
  )
}

function count(n: number): string {
  return n.toLocaleString('en')
}

function Part({
  name,
  part,
  of,
  words,
}: {
  readonly name: string
  readonly part: number
  readonly of: number
  readonly words: string
}) {
  return (
    <>
      <span>{name}</span>
      <progress value={Math.min(part, of)} max={Math.max(of, 1)} aria-label={`${name}: ${words}`} />
      <span>{words}</span>
    </>
  )
}
