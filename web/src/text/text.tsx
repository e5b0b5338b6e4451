import { useState } from 'react'
import styles from './text.module.css'
import { visible } from './visible.ts'

/** Longer values are cut until asked for. */
const LIMIT = 400

/**
 * Every string of somebody else goes through here: what would hide or reorder is shown as an escape, its
 * direction cannot spill over, and a long one is cut.
 */
export function Text({
  value,
  mono = false,
  limit = LIMIT,
  fixed = false,
}: {
  readonly value: string
  readonly mono?: boolean
  readonly limit?: number
  /** Cut without a control to see the rest, for rows. */
  readonly fixed?: boolean
}) {
  const [whole, setWhole] = useState(false)
  const long = value.length > limit
  const shown = long && !whole ? value.slice(0, limit) : value
  return (
    <bdi className={mono ? `${styles.text} ${styles.mono}` : styles.text} dir="auto">
      {visible(shown).map((piece, index) =>
        piece.kind === 'plain' ? (
          piece.text
        ) : (
          <span key={index} className={styles.hidden} title={piece.name}>
            {piece.text}
          </span>
        ),
      )}
      {long && !whole ? '…' : ''}
      {long && !fixed ? (
        <button type="button" className={styles.more} onClick={() => setWhole(!whole)}>
          {whole ? 'less' : `${(value.length - limit).toLocaleString('en')} more`}
        </button>
      ) : null}
    </bdi>
  )
}
