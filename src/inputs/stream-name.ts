/** The name of the first stream that begins so: `head` is the hash of its first line. */
export function baseName(head: string): string {
  return `file:${head}`
}

/** The name of another one that begins so at the same time. */
export function twinName(head: string, identity: string): string {
  return `${baseName(head)}~${identity}`
}

/** A name that no stream was given before. */
export function freshName(head: string, identity: string, isGiven: (name: string) => boolean): string {
  if (!isGiven(baseName(head))) return baseName(head)
  const twin = twinName(head, identity)
  if (!isGiven(twin)) return twin
  for (let number = 2; ; number += 1) if (!isGiven(`${twin}~${number}`)) return `${twin}~${number}`
}

/** The name that this file was given last, if any: its own before the shared one. */
export function latestName(
  head: string,
  identity: string,
  isOpen: (name: string) => boolean,
): string | undefined {
  const twin = twinName(head, identity)
  let latest = isOpen(twin) ? twin : undefined
  for (let number = 2; latest !== undefined && isOpen(`${twin}~${number}`); number += 1)
    latest = `${twin}~${number}`
  return latest ?? (isOpen(baseName(head)) ? baseName(head) : undefined)
}
