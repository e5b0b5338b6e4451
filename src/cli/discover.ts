import { discover as look } from '../daemon/discovery.ts'
import { discoveredInputs, yamlOf } from '../daemon/discovered-inputs.ts'
import { discoveryItems, isUnread, unreadWords } from '../daemon/discovery-view.ts'
import type { Config } from '../config/config.ts'
import { EXIT, type Exit } from './exit.ts'
import { CONFIG_SCHEMA } from './options.ts'
import { printJson, safe, table, type Output } from './output.ts'

export interface DiscoverOptions {
  readonly json: boolean
  /** Prints a configuration instead. */
  readonly yaml: boolean
  readonly hostRoot?: string
}

/** Where telemetry is on this machine, what may not be read, and what to write to keep or change that. */
export function discover(config: Config, options: DiscoverOptions, output: Output): Exit {
  const { hostRoot: root } = options
  const places = look({ env: process.env, ...(root === undefined ? {} : { root }) })
  if (options.yaml) {
    output.out(yamlOf(places, { schema: CONFIG_SCHEMA }))
    return EXIT.ok
  }
  const items = discoveryItems(places, config.inputs.length > 0 ? config.inputs : discoveredInputs(places))
  if (options.json || !output.terminal) {
    for (const item of items) printJson(output, item)
    return EXIT.ok
  }
  output.out(
    table(
      ['STATE', 'WHAT', 'PATH', ''],
      items
        .filter((item) => !isUnread(item))
        .map(({ state, what, path, message }) => [state, what, path, message === 'found' ? '' : message]),
    ),
  )
  const missing = items.filter(({ state, add }) => state === 'found' && add !== undefined)
  if (missing.length > 0) {
    output.out('\nto read those that are found, add to inputs: of the configuration\n')
    for (const { add = '' } of missing) output.out(`${add.split('\n').map(safe).join('\n')}\n`)
  }
  const unread = items.filter(isUnread)
  if (unread.length > 0) output.out(`\n${safe(unreadWords(unread))}\n`)
  output.err(
    "'tallyman run' reads all of this as it is; 'tallyman discover --yaml > tallyman.yaml' writes it down, to be changed\n",
  )
  return EXIT.ok
}
