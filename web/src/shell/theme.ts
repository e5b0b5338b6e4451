import { useSyncExternalStore } from 'react'

export type Theme = 'system' | 'light' | 'dark'
const THEMES: readonly Theme[] = ['system', 'light', 'dark']
const STORED_AS = 'tallyman.theme'
const listeners = new Set<() => void>()

function read(): Theme {
  const stored = window.localStorage.getItem(STORED_AS)
  return THEMES.find((theme) => theme === stored) ?? 'system'
}

/** Before the first paint, so that nothing flashes. */
export function applyTheme(theme: Theme = read()): void {
  if (theme === 'system') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = theme
}

function choose(theme: Theme): void {
  window.localStorage.setItem(STORED_AS, theme)
  applyTheme(theme)
  for (const listener of listeners) listener()
}

export function useTheme(): { readonly theme: Theme; readonly next: () => void; readonly turn: () => void } {
  const theme = useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    () => read(),
  )
  return {
    theme,
    next: () => choose(THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'system'),
    turn: () => choose(isDark(theme) ? 'light' : 'dark'),
  }
}

function isDark(theme: Theme): boolean {
  return theme === 'dark' || (theme === 'system' && window.matchMedia('(prefers-color-scheme: dark)').matches)
}
