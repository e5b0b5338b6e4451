import type { Event } from '../../src/domain/event.ts'

/** A record of Falco that holds the mark, without a newline. */
export function falcoLine(mark: string): string {
  return JSON.stringify({
    time: new Date().toISOString(),
    rule: 'Terminal shell in container',
    priority: 'Notice',
    output: mark,
    source: 'syscall',
    hostname: 'node-1',
    output_fields: { 'container.id': 'c'.repeat(12), 'evt.time': Date.now() },
  })
}

export function falcoMark({ source, record }: Event): string | undefined {
  return source === 'falco' ? String((record as { readonly output?: unknown }).output) : undefined
}
