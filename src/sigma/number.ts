const INTEGER = /^[+-]?\d{1,400}(?:\.0*)?$/
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/

export type Numeric = number | bigint

/** The number that a value is, or that its text writes as a decimal number; exact for integers of any size. */
export function numericOf(value: unknown): Numeric | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return value
  if (typeof value !== 'string') return undefined
  if (value.length > 500) return undefined
  if (INTEGER.test(value)) return integerOf(value)
  if (DECIMAL.test(value)) return Number(value)
  return /^[+-]?Infinity$/.test(value) ? Number(value) : undefined
}

function integerOf(text: string): Numeric {
  const number = Number(text)
  if (Number.isSafeInteger(number)) return number
  return BigInt((text.split('.')[0] ?? '').replace(/^\+/, ''))
}

/** Exact for any mix of number and bigint: the language compares them by their mathematical value. */
export function sameNumber(a: Numeric, b: Numeric): boolean {
  return a >= b && a <= b
}
