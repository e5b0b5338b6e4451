import { escapeUnsafe, plainText, UNSAFE } from '../domain/plain-text.ts'

/** Where a verb writes. Tests pass their own. */
export interface Output {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  /** True on a terminal: tables for people. Otherwise one JSON object a line. */
  readonly terminal: boolean
}

let narrating = false

/** For a daemon its output is narration: a full disk under its log must not end detection. */
export function narrate(): void {
  narrating = true
}

/** A reader that closes the pipe early (`| head`) has what it wanted: what follows is not written. */
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (cause: NodeJS.ErrnoException) => {
    if (cause.code === 'EPIPE' || narrating) return
    process.stderr.write(`tallyman: cannot write its output: ${cause.message}\n`)
    process.exit(2)
  })
}

export const standardOutput: Output = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  terminal: process.stdout.isTTY,
}

/** One JSON object a line; characters that a terminal obeys are escaped, also those that JSON lets through. */
export function printJson(output: Output, value: unknown): void {
  output.out(
    `${JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? item.toString() : item)).replace(UNSAFE, escapeUnsafe)}\n`,
  )
}

/** Hostile text made harmless for a terminal: one line, nothing that it obeys. */
export const safe = plainText

/** Aligned columns, the last one as wide as it is. Cells are made safe. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [heads, ...rows.map((row) => row.map(safe))]
  const widths = heads.map((_, column) => Math.max(...cells.map((row) => [...(row[column] ?? '')].length)))
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        column === row.length - 1 ? cell : cell + ' '.repeat((widths[column] ?? 0) - [...cell].length),
      )
      .join('  ')
  return `${cells.map((row) => line(row).trimEnd()).join('\n')}\n`
}

/** UTC to the second, as people read it. */
export function clock(ms: number): string {
  return new Date(ms).toISOString().replace('T', ' ').slice(0, 19)
}

/** Counted things: `1 alert`, `2 alerts`. */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`
}
