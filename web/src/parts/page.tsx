import type { ReactNode } from 'react'
import styles from './page.module.css'

/** A page that scrolls as a whole: its title, what it says about itself, its content. */
export function Page({
  title,
  lead,
  actions,
  children,
}: {
  readonly title: string
  readonly lead?: ReactNode
  readonly actions?: ReactNode
  readonly children: ReactNode
}) {
  return (
    // Scrolls, so that the keyboard must reach it.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={styles.scroll} tabIndex={0} role="region" aria-label={title}>
      <div className={styles.page}>
        <header className={styles.head}>
          <div>
            <h1>{title}</h1>
            {lead === undefined ? null : <p className="quiet">{lead}</p>}
          </div>
          {actions}
        </header>
        {children}
      </div>
    </div>
  )
}
