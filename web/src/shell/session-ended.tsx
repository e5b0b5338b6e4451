import { useEffect } from 'react'
import { rememberPlace } from '../api/key.ts'
import styles from './session-ended.module.css'

/** What whoever is not logged in sees, and how they get in. */
export function SessionEnded() {
  useEffect(rememberPlace, [])
  return (
    <main className={styles.page}>
      <h1>Not logged in</h1>
      <p>A session ends after twelve idle hours, and with the daemon. On the machine that runs it:</p>
      <pre>tallyman login</pre>
      <p>and open the link that it prints. It works once, for fifteen minutes, and leads back here.</p>
    </main>
  )
}
