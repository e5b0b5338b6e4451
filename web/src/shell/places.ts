import type { IconName } from './icons.tsx'

/** Where the navigation leads. */
export interface Place {
  readonly path: string
  readonly name: string
  readonly icon: IconName
  /** Its key sequence. */
  readonly keys: string
}

export const PLACES: readonly Place[] = [
  { path: '/', name: 'Queue', icon: 'queue', keys: 'g q' },
  { path: '/posture', name: 'Posture', icon: 'posture', keys: 'g p' },
  { path: '/strategies', name: 'Strategies', icon: 'strategies', keys: 'g s' },
  { path: '/coverage', name: 'Coverage', icon: 'coverage', keys: 'g c' },
  { path: '/baselines', name: 'Baselines', icon: 'baselines', keys: 'g b' },
  { path: '/inputs', name: 'Inputs', icon: 'inputs', keys: 'g i' },
  { path: '/findings', name: 'Findings', icon: 'findings', keys: 'g f' },
  { path: '/notifications', name: 'Notifications', icon: 'notifications', keys: 'g n' },
  { path: '/silences', name: 'Silences', icon: 'silences', keys: 'g l' },
  { path: '/audit', name: 'Audit trail', icon: 'audit', keys: 'g a' },
]

/** Whether a location lies at a place. */
export function isAt({ path }: Place, location: string): boolean {
  if (path === '/') return location === '/' || location.startsWith('/incidents')
  return location === path || location.startsWith(`${path}/`)
}
