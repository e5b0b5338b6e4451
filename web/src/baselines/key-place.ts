/** Where the console shows a key of a baseline. */
export function keyPlace(rule: string, key: string): string {
  return `/baselines/key?${new URLSearchParams({ rule, key }).toString()}`
}

/** Where it shows what was learned of an incident's entity, or of a container. */
export function aboutPlace(about: { readonly incident: string } | { readonly container: string }): string {
  return `/baselines/about?${new URLSearchParams(about).toString()}`
}
