const PLAIN = new Intl.NumberFormat('en', { maximumSignificantDigits: 4 })
const LARGE = new Intl.NumberFormat('en', { maximumSignificantDigits: 4, notation: 'compact' })

/** A measured number for people: four digits, `12.5M` where it is large. */
export function measured(value: number): string {
  return (Math.abs(value) >= 1e5 ? LARGE : PLAIN).format(value)
}
