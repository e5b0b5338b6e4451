import type { Limit } from '../api/types.ts'
import { useAnswer } from '../api/use-answer.ts'
import { Text } from '../text/text.tsx'
import styles from './inputs-page.module.css'

/** What limits conclusions, as `tallyman doctor` tells it. */
export function Limits() {
  const answer = useAnswer<{ readonly items: readonly Limit[] }>('/limits')
  const items = answer.data?.items ?? []
  if (items.length === 0) return null
  return (
    <section className={styles.part}>
      <h2>What limits conclusions</h2>
      <ul className={styles.limits}>
        {items.map((limit) => (
          <li key={JSON.stringify(limit)} data-severity={limit.severity}>
            <span className={styles.severity}>{limit.severity}</span>
            <span>
              <strong>
                <Text value={limit.about} />
              </strong>{' '}
              <Text value={limit.message} />
              <span className={styles.mend}>
                <Text value={limit.mend} />
              </span>
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}
