import { digest } from '../domain/hash.ts'

/** 4,096 registers: the standard error is 1.6 %. */
const BITS = 12
const REGISTERS = 2 ** BITS
/** Of what is past, so small a part of the timespan may still be counted. */
const STEPS = 256

/**
 * How many distinct texts there were in a window that moves: HyperLogLog (Flajolet et al., 2007) whose registers
 * remember, with their times, the ranks that may become their largest once older ones are past (Chabchoub and
 * Hébrail, 2010).
 */
export interface Sketch {
  /** For each register (time, rank) pairs one after the other, ranks falling. */
  readonly registers: number[][]
  /** Σ 2^-rank over the registers, and how many are empty. */
  sum: number
  empty: number
  swept: number
}

export function newSketch(): Sketch {
  const registers = Array.from({ length: REGISTERS }, (): number[] => [])
  return { registers, sum: REGISTERS, empty: REGISTERS, swept: -Infinity }
}

export function addToSketch(sketch: Sketch, text: string, time: number): void {
  const bits = BigInt(`0x${digest(text).slice(0, 16)}`)
  const register = sketch.registers[Number(bits & BigInt(REGISTERS - 1))] as number[]
  const rank = rankOf(bits >> BigInt(BITS))
  account(sketch, register, () => {
    while (register.length > 0 && (register.at(-1) as number) <= rank) register.length -= 2
    register.push(time, rank)
  })
}

/** Forgets what was at `until` or before. */
export function expireSketch(sketch: Sketch, until: number, timespan: number): void {
  if (until - sketch.swept < timespan / STEPS) return
  sketch.swept = until
  for (const register of sketch.registers) {
    let gone = 0
    while (gone < register.length && (register[gone] as number) <= until) gone += 2
    if (gone > 0) account(sketch, register, () => register.splice(0, gone))
  }
}

export function sketchCount({ sum, empty }: Sketch): number {
  const raw = (ALPHA * REGISTERS * REGISTERS) / sum
  // with many empty registers, counting those is more exact
  const counted = raw <= 2.5 * REGISTERS && empty > 0 ? REGISTERS * Math.log(REGISTERS / empty) : raw
  return Math.round(counted)
}

const ALPHA = 0.7213 / (1 + 1.079 / REGISTERS)

/** The place of the first bit that is set, of 52. */
function rankOf(bits: bigint): number {
  let rank = 1
  let rest = bits
  while (rank <= 52 && (rest & 1n) === 0n) {
    rest >>= 1n
    rank += 1
  }
  return rank
}

function account(sketch: Sketch, register: readonly number[], change: () => void): void {
  if (register.length === 0) sketch.empty -= 1
  sketch.sum -= 2 ** -(register[1] ?? 0)
  change()
  if (register.length === 0) sketch.empty += 1
  sketch.sum += 2 ** -(register[1] ?? 0)
}

export function sketchJson({ registers, sum, empty, swept }: Sketch): unknown {
  return [registers, sum, empty, Number.isFinite(swept) ? swept : null]
}

export function sketchFrom(json: unknown): Sketch {
  const [registers, sum, empty, swept] = json as [number[][], number, number, number | null]
  return { registers, sum, empty, swept: swept ?? -Infinity }
}
