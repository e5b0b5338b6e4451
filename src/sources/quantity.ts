const SUFFIXES: Readonly<Record<string, number>> = {
  '': 1,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
}

/** The number that a Kubernetes quantity ("500Mi", "250m", 64) stands for; undefined for anything else. */
export function exactQuantityOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  const parts =
    typeof value === 'string'
      ? /^(\d{1,20}(?:\.\d{1,20})?(?:[eE]\d{1,2})?)([a-zA-Z]{0,2})$/.exec(value)
      : null
  const unit = SUFFIXES[parts?.[2] ?? '']
  return parts === null || unit === undefined ? undefined : Number(parts[1]) * unit
}

/** The same in whole units, as bytes are counted. */
export function quantityOf(value: unknown): number | undefined {
  const exact = exactQuantityOf(value)
  return exact === undefined || typeof value === 'number' ? exact : Math.floor(exact)
}
