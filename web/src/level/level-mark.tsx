import type { Level } from '../api/types.ts'
import { LEVEL_SHORT } from './level.ts'
import styles from './level-mark.module.css'

/** A level as word, weight and colour. */
export function LevelMark({ level, quiet = false }: { readonly level: Level; readonly quiet?: boolean }) {
  return (
    <span className={`${styles.mark} ${styles[level]} ${quiet ? styles.quiet : ''}`} title={level}>
      {LEVEL_SHORT[level]}
    </span>
  )
}
