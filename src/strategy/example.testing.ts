/** A whole executable document for tests; `change` edits it. */
export function exampleDocument(change: (text: string) => string = (text) => text): string {
  return change(EXAMPLE)
}

const EXAMPLE = `---
ads: 1
id: host-namespace
title: Container joins the host's network
status: review
version: 1.0.0
owner: { team: detection }
review: { by: platform, date: 2026-10-01, due: 2027-04-01 }
attack:
  version: "18.1"
  primary: { technique: T1610, tactic: execution, platform: Containers }
scope: { platforms: [Containers, Linux], sources: [docker.inspect] }
---
# Container joins the host's network

## Goal
Detect a container that is created inside the network namespace of its host.

## Categorization
Execution, Deploy Container (T1610).

## Strategy Abstract
One fact of the specification decides.
\`\`\`yaml ads:rules
title: Container in the host's network
name: host_network
id: 0e6a4c0e-8f1c-4d0e-9d61-0a1d4f7f0001
status: test
logsource: { category: container_create }
detection:
  mode: { container.network_mode: host }
  person: { container.orchestrator: docker }
  known: { container.image.name|endswith: /node-exporter }
  condition: mode and person and not known
level: medium
tags: [attack.execution, attack.t1610]
\`\`\`

## Technical Context
The network mode of the specification is \`host\`.

## Blind Spots and Assumptions
- Specifications of all containers arrive (A1).
- A process that joins the namespace later is not seen (M1).
\`\`\`yaml ads:assume
- { id: A1, claim: specifications arrive, source: docker.inspect, category: container_create, max_silence: 24h, per: node, on_fail: blind }
\`\`\`
\`\`\`yaml ads:miss
- id: M1
  claim: the namespace is joined later
  rule: host_network
  events: [{ at: 0s, category: container_create, container.network_mode: bridge, container.orchestrator: docker }]
\`\`\`

## False Positives
- Collectors of host metrics: \`container.image.name\` is the collector's (F1).
\`\`\`yaml ads:filter
- id: F1
  reason: the backup agent needs the host's network
  owner: platform
  expires: 2027-02-28
  rules: [host_network]
  match: { container.image.repo_digests|contains: "@sha256:1111" }
  sample: { category: container_create, container.network_mode: host, container.orchestrator: docker, container.image.repo_digests: ["agent@sha256:1111"] }
\`\`\`

## Validation
\`\`\`yaml ads:test
- id: TP1
  rule: host_network
  expect: fire
  events: [{ at: 0s, category: container_create, container.network_mode: host, container.orchestrator: docker }]
- id: TN1
  rule: host_network
  expect: silent
  events: [{ at: 0s, category: container_create, container.network_mode: bridge, container.orchestrator: docker }]
\`\`\`

## Priority
\`\`\`yaml ads:priority
default: medium
when: [{ if: { container.privileged: true }, then: high }]
\`\`\`

## Response
\`\`\`yaml ads:playbook
- { id: R1, stage: identification, do: ask, text: "Is it ours?", if_yes: close.benign, if_no: R2 }
- { id: R2, stage: identification, do: evidence.capture, what: [logs] }
- { id: R3, stage: containment, do: network.isolate, target: container, approval: one, undo: network.release }
\`\`\`

## Additional Resources
- https://docs.docker.com/engine/network/drivers/host/
`
