import styles from './strategy-level.module.css'

const MEANING: Readonly<Record<string, string>> = {
  L0: 'a document that does not run yet',
  L1: 'its rules run',
  L2: 'its rules are tested',
  L3: 'its blind spots are measured',
  L4: 'shown to work end to end',
  L5: 'shown to work, again and again',
}

/** How far a strategy has come, L0 to L5: five steps, filled. Computed, never declared. */
export function StrategyLevel({ level }: { readonly level: string }) {
  const reached = Number(/^L([0-5])$/.exec(level)?.[1] ?? 0)
  return (
    <span className={styles.level} title={MEANING[level] ?? level}>
      <svg width="29" height="10" viewBox="0 0 29 10" aria-hidden="true">
        {[0, 1, 2, 3, 4].map((step) => (
          <rect
            key={step}
            x={step * 6 + 0.5}
            y="1.5"
            width="4"
            height="7"
            className={step < reached ? styles.filled : styles.empty}
          />
        ))}
      </svg>
      {level}
    </span>
  )
}
