import styles from './strategy-level.module.css'

/** As docs/format.md defines them. */
export const LEVEL_MEANINGS: Readonly<Record<string, string>> = {
  L0: 'reads as a strategy',
  L1: 'is categorised correctly for its ATT&CK version',
  L2: 'has rules that compile, over fields that exist',
  L3: 'proves each rule with a test that fires and one that stays silent',
  L4: 'raised its alert when the technique was emulated',
  L5: 'is live',
}

/** How far a strategy has come, L0 to L5: five steps, filled. Computed, never declared. */
export function StrategyLevel({ level }: { readonly level: string }) {
  const reached = Number(/^L([0-5])$/.exec(level)?.[1] ?? 0)
  return (
    <span className={styles.level} title={LEVEL_MEANINGS[level] ?? level}>
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
