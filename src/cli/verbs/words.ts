import type { Command } from 'commander'
import { resolve } from 'node:path'
import { type Config } from '../../config/config.ts'
import { loadConfig } from '../../config/load-config.ts'
import { UserError } from '../../domain/errors.ts'
import type { Exit } from '../exit.ts'

/** Says the exit code of what was done. */
export type Done = (exit: Exit) => void

/** What names the data folder that a verb is about. */
export interface DataOptions {
  readonly config?: string
  readonly data?: string
}

/** Adds the options that name the data folder. */
export function withData(command: Command): Command {
  return command
    .option('--config <file>', 'configuration; tallyman.yaml of the working folder unless told')
    .option('--data <dir>', 'data folder, instead of the configuration’s')
}

/** Adds who answers for a change, and why. */
export function accountable(command: Command): Command {
  return command
    .requiredOption('--owner <who>', 'who answers for it')
    .requiredOption('--reason <why>', 'why it stands')
}

/** The configuration that the options lead to. */
export function configOf(options: DataOptions, port?: number): Config {
  const config = loadConfig(options.config)
  return {
    ...config,
    ...(options.data === undefined ? {} : { data: resolve(options.data) }),
    listen: port === undefined ? config.listen : { ...config.listen, port },
  }
}

/** A whole number from 1 on; anything else is a `UserError`. */
export function parseCount(text: string): number {
  const n = Number(text)
  if (!Number.isInteger(n) || n < 1)
    throw new UserError(`no count ${text}`, { mend: 'a whole number from 1 on' })
  return n
}

/** What `--help` ends with. */
export function example(command: string): string {
  return `\nExample:\n  $ ${command}\n`
}
