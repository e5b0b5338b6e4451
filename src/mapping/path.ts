/** Members that lead to a value; `**` stands for any number of them. */
export type Path = readonly string[]

const MAX_STEPS = 16
export const ANYWHERE = '**'

/**
 * `a.b.0.c`: names of members, and places in lists, parted by dots; a dot within a name has a backslash before it.
 * A name that is asked of a list is asked of each of its members; `**` before the last name finds it at any depth.
 * Undefined for what is no path.
 */
export function parsePath(text: string): Path | undefined {
  const steps: string[] = []
  let step = ''
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? ''
    if (character === '\\' && at + 1 < text.length) {
      at += 1
      step += text[at] ?? ''
    } else if (character === '.') {
      steps.push(step)
      step = ''
    } else step += character
  }
  steps.push(step)
  const anywhere = steps.indexOf(ANYWHERE)
  const isPath =
    steps.length <= MAX_STEPS &&
    !steps.includes('') &&
    (anywhere === -1 || (anywhere > 0 && anywhere === steps.length - 2))
  return isPath ? steps : undefined
}
