import { MARK } from './ledger.ts'

/** Rules of the site that tell of the marked records, so that alerts show whose they were taken for. */
export function markRules(): string {
  return [
    rule('a1', 'product: linux', `CurrentDirectory|startswith: '/${MARK}'`),
    rule('a2', 'product: zeek', `community_id|startswith: '${MARK}'`),
    rule('a3', 'product: suricata', `community_id|startswith: '${MARK}'`),
    rule('a4', 'product: hubble', `Summary|startswith: '${MARK}'`),
  ].join('---\n')
}

function rule(id: string, logsource: string, selection: string): string {
  return `title: Marked record ${id}
id: 00000000-0000-4000-8000-0000000000${id}
status: test
description: A record that the simulation marked.
logsource: { ${logsource} }
detection:
  selection:
    ${selection}
  condition: selection
fields: [container.id, container.name, k8s.pod.name, k8s.pod.uid]
level: informational
`
}
