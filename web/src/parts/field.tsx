import type { ReactNode } from 'react'
import styles from './form.module.css'

/** A labelled control of a form. */
export function Field({
  label,
  size = 'normal',
  children,
}: {
  readonly label: string
  readonly size?: 'normal' | 'narrow' | 'wide'
  readonly children: ReactNode
}) {
  const width = size === 'normal' ? '' : styles[size]
  return (
    <label className={`${styles.field} ${width}`}>
      <span>{label}</span>
      {children}
    </label>
  )
}
