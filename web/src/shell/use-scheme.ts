import { useMedia } from './media.ts'
import { useTheme } from './theme.ts'

/** Whether the page is light or dark now: what is drawn on a canvas is drawn anew when it changes. */
export function useScheme(): 'light' | 'dark' {
  const { theme } = useTheme()
  const prefersDark = useMedia('(prefers-color-scheme: dark)')
  if (theme !== 'system') return theme
  return prefersDark ? 'dark' : 'light'
}
