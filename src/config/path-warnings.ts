import { statSync, type Stats } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Config } from './config.ts'
import type { Problem } from '../domain/errors.ts'

/** A path in a configuration that may be wrong: nothing is there, or something else. */
export type PathWarning = Pick<Problem, 'message' | 'mend'> & { readonly path: readonly (string | number)[] }

/** What may come later, or be a slip: paths of the configuration at which there is nothing. `config` has absolute paths. */
export function pathWarnings(config: Config): readonly PathWarning[] {
  return [
    ...config.inputs.flatMap((input, n): readonly PathWarning[] => {
      if (input.type === 'file' || input.type === 'certstore') {
        return input.paths.flatMap((path, m) =>
          warned(['inputs', n, 'paths', m], path, (about) => about.isFile() || about.isDirectory(), {
            noun: 'file or folder',
            later:
              input.type === 'file'
                ? 'the input fails, and is tried again, until it is there'
                : 'what comes there is told as added',
          }),
        )
      }
      if (input.type === 'kubernetes')
        return input.kubeconfig === undefined
          ? []
          : warned(['inputs', n, 'kubeconfig'], input.kubeconfig, (about) => about.isFile(), {
              noun: 'file',
              later: 'nothing of the cluster is seen until it is there',
            })
      if (input.type !== 'docker' || /^(?:http|tcp|unix):\/\//.test(input.socket)) return []
      return warned(['inputs', n, 'socket'], input.socket, (about) => about.isSocket(), {
        noun: 'socket',
        later: 'nothing of the engine is seen until it is there',
      })
    }),
    ...config.rules.flatMap((path, n) =>
      warned(['rules', n], path, (about) => about.isFile() || about.isDirectory(), {
        noun: 'file or folder',
        later: 'Tallyman does not start without it',
      }),
    ),
    ...(['strategies', 'site'] as const).flatMap((key) => {
      const path = config[key]
      if (path === undefined) return []
      const later = key === 'site' ? 'it counts as empty' : 'Tallyman does not start without it'
      return warned([key], path, (about) => about.isDirectory(), { noun: 'folder', later })
    }),
  ]
}

function warned(
  path: PathWarning['path'],
  file: string,
  fits: (about: Stats) => boolean,
  { noun, later }: { readonly noun: string; readonly later: string },
): readonly PathWarning[] {
  const about = statOf(file)
  if (about !== undefined && fits(about)) return []
  const message = about === undefined ? `there is no ${noun} at ${file}` : `what is at ${file} is no ${noun}`
  return [{ path, message, mend: `name another, or make it; ${later}` }]
}

/** What may not be looked at is not known to be missing: that is told when it is read. */
function statOf(file: string): Stats | undefined {
  try {
    return statSync(file)
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'EACCES' ? statOf(dirname(resolve(file))) : undefined
  }
}
