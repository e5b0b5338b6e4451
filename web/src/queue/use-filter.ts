import { useMemo } from 'react'
import { useLocation, useSearch } from 'wouter'
import { formatFilter, parseFilter, type Filter } from './filter.ts'

/** The filter of the address, and how to change it; the incident that is open stays open. */
export function useFilter(): readonly [Filter, (change: Partial<Filter>) => void] {
  const search = useSearch()
  const [location, go] = useLocation()
  const filter = useMemo(() => parseFilter(search), [search])
  const change = (part: Partial<Filter>): void => {
    const changed = Object.keys(part)
    const typed = changed.length === 1 && (changed[0] === 'text' || changed[0] === 'entity')
    go(withSearch(location, formatFilter({ ...filter, ...part })), { replace: typed })
  }
  return [filter, change]
}

export function withSearch(path: string, search: string): string {
  return search === '' ? path : `${path}?${search}`
}
