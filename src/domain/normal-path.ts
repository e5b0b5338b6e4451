/** What /proc calls the root of a process: what lies below is named from there, and above it is nothing. */
const ROOT = /^proc\/(?:self|thread-self|\d+)(?:\/task\/\d+)?\/root$/

/** An absolute path without `.`, `..` and doubled slashes, named from the root that it leads through. */
export function normalPath(path: string): string {
  let names: string[] = []
  for (const name of path.split('/')) {
    if (name === '..') names.pop()
    else if (name !== '' && name !== '.') names.push(name)
    if (name === 'root' && ROOT.test(names.join('/'))) names = []
  }
  return `/${names.join('/')}`
}
