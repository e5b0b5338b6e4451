import styles from './rail.module.css'
import { useTheme } from './theme.ts'

/** Goes round system, light, dark. */
export function ThemeButton() {
  const { theme, next } = useTheme()
  return (
    <button type="button" className={styles.tool} onClick={next} title="Change the theme (Shift D)">
      Theme: {theme}
    </button>
  )
}
