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
          <li key={JSON.stringify(limit)}>
            <Text value={limit.message} />
          </li>
        ))}
      </ul>
    </section>
  )
}
