import { posix } from 'node:path'
import type { Event } from '../domain/event.ts'
import { derivedEvent } from './events.ts'
import type { EventBase } from './events.ts'
import type { SimpleCommand } from './shell.ts'

export interface ExecContext {
  readonly origin: 'entrypoint' | 'exec'
  /** Kind of object for Kubernetes: container, init, ephemeral. */
  readonly containerType?: string
  /** The host's path of a written path, where a mount shows it. */
  readonly onHost?: (path: string) => string | undefined
}

/** Linux takes no longer argument; the words are there whole. */
const MAX_COMMAND_LINE = 128 * 1024

/** One `container_exec` event a simple command. Its fields are those of the catalogue. */
export function execEvents(
  base: EventBase,
  commands: readonly SimpleCommand[],
  context: ExecContext,
  prefix = 'exec',
): readonly Event[] {
  return commands.map((command, index) =>
    derivedEvent(base, `${prefix}/${index}`, 'container_exec', execRecord(command, context)),
  )
}

function execRecord(command: SimpleCommand, context: ExecContext): Record<string, unknown> {
  const { words, reads, writes, parent } = command
  const hostWrites = writes.flatMap((path) => context.onHost?.(path) ?? [])
  return {
    Image: words[0],
    CommandLine: words.join(' ').slice(0, MAX_COMMAND_LINE),
    'process.executable.name': posix.basename(words[0] ?? ''),
    ...(words[1] !== undefined && { 'process.subcommand': words[1] }),
    'process.command_args': words,
    ...(reads.length > 0 && { 'process.reads': reads }),
    ...(writes.length > 0 && { 'process.writes': writes }),
    ...(hostWrites.length > 0 && { 'process.host_writes': hostWrites }),
    ...(parent.length > 0 && { 'process.parent_args': parent }),
    'exec.origin': context.origin,
    'exec.container_type': context.containerType ?? '',
  }
}
