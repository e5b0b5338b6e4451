import type { Resource } from '../api/types.ts'
import { Copy } from '../text/copy.tsx'
import { Text } from '../text/text.tsx'
import styles from './attributes.module.css'
import { asText } from '../../../src/domain/field-of.ts'

/** Whom it happened to: every resource attribute, each to copy. */
export function Attributes({ entity }: { readonly entity: Resource }) {
  const attributes = Object.entries(entity)
  return (
    <dl className={styles.attributes}>
      {attributes.map(([name, value]) => (
        <div key={name}>
          <dt>
            <Text value={name} />
          </dt>
          <dd>
            <Text mono value={asText(value)} />
            <Copy value={asText(value)} what={name} />
          </dd>
        </div>
      ))}
    </dl>
  )
}
