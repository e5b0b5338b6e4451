import { lazy, Suspense, useState } from 'react'
import { loadPart } from '../api/load-part.ts'
import type { Strategy } from '../api/types.ts'
import { StrategyLevel } from '../level/strategy-level.tsx'
import { Text } from '../text/text.tsx'
import styles from './strategy-documents.module.css'

const Markdown = lazy(() => loadPart(() => import('./markdown.tsx')))

/** The strategies behind an incident, one document at a time. */
export function StrategyDocuments({ strategies }: { readonly strategies: readonly Strategy[] }) {
  const [chosen, setChosen] = useState<string>()
  const shown = strategies.find(({ id }) => id === chosen) ?? strategies[0]
  if (shown === undefined) return <p className={styles.none}>Its rules belong to no strategy document.</p>
  return (
    // Scrolls, so that the keyboard must reach it.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div
      key={shown.id}
      className={styles.documents}
      tabIndex={0}
      role="region"
      aria-label={`Strategy ${shown.id}`}
    >
      <div className={styles.head}>
        {strategies.length === 1 ? (
          <span className="mono">
            <Text value={shown.id} />
          </span>
        ) : (
          <select aria-label="Strategy" value={shown.id} onChange={({ target }) => setChosen(target.value)}>
            {strategies.map(({ id }) => (
              <option key={id} value={id}>
                {id}
              </option>
            ))}
          </select>
        )}
        {shown.level === undefined ? null : <StrategyLevel level={shown.level} />}
      </div>
      <Suspense>
        <Markdown text={shown.text} />
      </Suspense>
    </div>
  )
}
