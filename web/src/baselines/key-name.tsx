import { Text } from '../text/text.tsx'
import styles from './baselines.module.css'

/** The values that make a key, each with its name on demand. Hostile text. */
export function KeyName({
  of,
  limit = 120,
}: {
  readonly of: Readonly<Record<string, string>>
  readonly limit?: number
}) {
  const values = Object.entries(of)
  if (values.length === 0) return <span className="quiet">everything</span>
  return (
    <span className={styles.key}>
      {values.map(([name, value]) => (
        <span key={name} title={name}>
          <Text mono value={value} limit={limit} fixed />
        </span>
      ))}
    </span>
  )
}
