import { useEffect, useState } from 'react'
import styles from './copy.module.css'

/** Copies exactly what was read, hidden characters included. */
export function Copy({ value, what }: { readonly value: string; readonly what: string }) {
  const [state, setState] = useState<'idle' | 'copied' | 'refused'>('idle')
  useEffect(() => {
    if (state === 'idle') return
    const timer = setTimeout(() => setState('idle'), 1_500)
    return () => clearTimeout(timer)
  }, [state])
  const copy = (): void => {
    navigator.clipboard.writeText(value).then(
      () => setState('copied'),
      () => setState('refused'),
    )
  }
  return (
    <button
      type="button"
      className={styles.copy}
      onClick={copy}
      aria-label={`Copy ${what}`}
      title={`Copy ${what}`}
    >
      {state === 'idle' ? 'copy' : state === 'copied' ? 'copied' : 'not allowed'}
    </button>
  )
}
