import type { ReactNode } from 'react'
import styles from './table.module.css'

export interface Column<T> {
  readonly name: string
  readonly cell: (row: T) => ReactNode
  readonly kind?: 'number' | 'tight' | 'head'
}

/** A dense table that scrolls sideways within itself. */
export function Table<T>({
  caption,
  columns,
  rows,
  id,
}: {
  readonly caption: string
  readonly columns: readonly Column<T>[]
  readonly rows: readonly T[]
  readonly id: (row: T) => string
}) {
  return (
    // Scrolls sideways where it is narrow: the keyboard must reach it.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={styles.wrap} tabIndex={0} role="region" aria-label={caption}>
      <table className={styles.table}>
        <caption className="unseen">{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ name, kind }) => (
              <th key={name} scope="col" className={kind === 'number' ? styles.number : undefined}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={id(row)}>
              {columns.map(({ name, cell, kind }) =>
                kind === 'head' ? (
                  <th key={name} scope="row" data-name={name}>
                    {cell(row)}
                  </th>
                ) : (
                  <td key={name} data-name={name} className={kind === undefined ? undefined : styles[kind]}>
                    {cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
