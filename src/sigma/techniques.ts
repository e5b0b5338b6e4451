/** ATT&CK technique ids in a rule's tags: `attack.t1611` → `T1611`. */
export function techniques(tags: readonly string[]): readonly string[] {
  const found = tags.flatMap((tag) => /^attack\.(t\d{4}(?:\.\d{3})?)$/i.exec(tag)?.[1]?.toUpperCase() ?? [])
  return [...new Set(found)]
}
