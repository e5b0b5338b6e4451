import { Text } from '../text/text.tsx'
import styles from './evidence.module.css'

/** A field's value, whatever it is. */
export function Value({ value }: { readonly value: unknown }) {
  if (typeof value === 'string')
    return value === '' ? <span className="quiet">empty</span> : <Text mono value={value} />
  if (Array.isArray(value)) {
    if (value.length === 0) return <span className="quiet">none</span>
    return (
      <ul className={styles.values}>
        {value.map((each: unknown, index) => (
          <li key={index}>
            <Value value={each} />
          </li>
        ))}
      </ul>
    )
  }
  if (value === null || value === undefined) return <span className="quiet">null</span>
  return <Text mono value={JSON.stringify(value)} />
}
