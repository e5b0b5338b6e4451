import { useLocation, useSearch } from 'wouter'
import type { BaselineKey } from '../api/types.ts'
import { isKeyState } from './key-state.tsx'

/** What the list of keys is narrowed to; it stands in the address. */
export interface KeysFilter {
  readonly text: string
  readonly status: BaselineKey['state'] | undefined
  /** One baseline's. */
  readonly rule: string
}

export const ALL_KEYS: KeysFilter = { text: '', status: undefined, rule: '' }

export function keysPlace({ text, status, rule }: KeysFilter): string {
  const given = Object.entries({ rule, status, text }).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, value]],
  )
  return given.length === 0 ? '/baselines' : `/baselines?${new URLSearchParams(given).toString()}`
}

export function useKeysFilter(): readonly [KeysFilter, (change: Partial<KeysFilter>) => void] {
  const search = new URLSearchParams(useSearch())
  const [, go] = useLocation()
  const status = search.get('status')
  const filter = {
    text: search.get('text') ?? '',
    status: isKeyState(status) ? status : undefined,
    rule: search.get('rule') ?? '',
  }
  return [filter, (part) => go(keysPlace({ ...filter, ...part }), { replace: part.text !== undefined })]
}
