import type { ReactNode } from 'react'
import styles from './notice.module.css'

/** A remark that stands out: plain, or about something that is wrong. */
export function Notice({
  kind = 'plain',
  children,
}: {
  readonly kind?: 'plain' | 'bad'
  readonly children: ReactNode
}) {
  return (
    <div
      className={`${styles.notice} ${kind === 'bad' ? styles.bad : ''}`}
      role={kind === 'bad' ? 'alert' : undefined}
    >
      {children}
    </div>
  )
}
