import type { Resource } from '../domain/event.ts'
import { contentOf } from './events.ts'
import { imageAttributes } from './image-reference.ts'
import { objectOf } from './json.ts'
import { METRIC, metricEvent } from './metric.ts'
import { sampleOf } from './prometheus-line.ts'
import type { Sample } from './prometheus-line.ts'
import { defineSource, failed } from './source.ts'
import type { Decoded, Decoder, FramedRecord } from './source.ts'
import { inRange } from './time.ts'

const TYPE = /^# TYPE ([A-Za-z_:][\w:]*) (counter|gauge|histogram|summary|untyped|unknown|info|stateset)\s*$/
const ABOUT = /^# (?:HELP|TYPE|UNIT) ([A-Za-z_:][\w:]*)/
/** What stands at the beginning of cAdvisor's names, of containers and of the machine. */
const CADVISOR = /^(?:container|machine|cadvisor)_/

/** Text in which nothing but labels tells a sample from a line of any log: names alone count once it is known. */
const NAMED = /^[A-Za-z_:][\w:]*\{/

/** Prometheus' text format (https://prometheus.io/docs/instrumenting/exposition_formats/), as an exporter answers. */
export const prometheus = defineSource({
  name: 'prometheus',
  title: 'Prometheus metrics',
  serves: [METRIC],
  recognise: ({ json, text }) => json === undefined && (NAMED.test(text) || ABOUT.test(text)) && isLine(text),
  decoder: (checkpoint) => createDecoder('prometheus', checkpoint),
})

/** The same, of cAdvisor or a kubelet: measurements of containers, whose control group names them. */
export const cadvisor = defineSource({
  name: 'cadvisor',
  title: 'cAdvisor metrics',
  serves: [METRIC],
  recognise: ({ json, text }) =>
    json === undefined && CADVISOR.test(ABOUT.exec(text)?.[1] ?? text) && isLine(text),
  decoder: (checkpoint) => createDecoder('cadvisor', checkpoint),
})

function isLine(text: string): boolean {
  return ABOUT.test(text) || sampleOf(text) !== undefined
}

/** What the header above the samples said of them. */
interface Family {
  readonly name: string
  readonly type: string
}

function createDecoder(source: 'prometheus' | 'cadvisor', checkpoint?: unknown): Decoder {
  const { name, type } = objectOf(checkpoint)
  let family: Family | undefined =
    typeof name === 'string' && typeof type === 'string' ? { name, type } : undefined
  return {
    continues: ({ json, text }) =>
      json === undefined && (text.startsWith('# ') || text === '#' || sampleOf(text) !== undefined),
    decode(record) {
      const { text } = record
      const declared = TYPE.exec(text)
      if (declared !== null) family = { name: (declared[1] ?? '').slice(0, 256), type: declared[2] ?? '' }
      if (text.startsWith('#')) return { kind: 'evaluated', events: [], facts: [] }
      const sample = sampleOf(text)
      if (sample === undefined) return failed(`${source}: not a sample`)
      return decode(source, record, sample, typeOf(sample.name, family))
    },
    checkpoint: () => family,
  }
}

/** The samples of a histogram and of a summary have the family's name and an ending. */
function typeOf(name: string, family: Family | undefined): string | undefined {
  if (family === undefined) return undefined
  const endings = ['', '_bucket', '_sum', '_count', '_total', '_info', '_created']
  return endings.some((ending) => name === family.name + ending) ? family.type : undefined
}

function decode(
  source: 'prometheus' | 'cadvisor',
  { text, stream, position, received }: FramedRecord,
  { name, labels, value, time: stamp }: Sample,
  type: string | undefined,
): Decoded {
  const time = stamp === undefined ? received : inRange(stamp)
  if (time === undefined) return failed(`${source}: sample without a time`)
  const content = contentOf(text)
  const base = { id: `${stream}@${position}`, time, source, resource: resourceOf(labels) }
  return {
    kind: 'evaluated',
    // NaN and infinity measure nothing
    events: Number.isFinite(value) ? [metricEvent(base, { name, value, type, labels })] : [],
    facts: [],
    ...(stamp !== undefined && { identity: { id: `${source}:${stamp}:${content}`, content } }),
  }
}

/** Kubelets since 1.16, kubelets before it and kube-state-metrics, cAdvisor alone. */
const ATTRIBUTES: readonly (readonly [string, string])[] = [
  ['namespace', 'k8s.namespace.name'],
  ['container_label_io_kubernetes_pod_namespace', 'k8s.namespace.name'],
  ['pod', 'k8s.pod.name'],
  ['pod_name', 'k8s.pod.name'],
  ['container_label_io_kubernetes_pod_name', 'k8s.pod.name'],
  ['uid', 'k8s.pod.uid'],
  ['container', 'k8s.container.name'],
  ['container_name', 'k8s.container.name'],
  ['container_label_io_kubernetes_container_name', 'k8s.container.name'],
  ['node', 'k8s.node.name'],
]

function resourceOf(labels: Readonly<Record<string, string>>): Resource {
  const resource: Record<string, string | readonly string[]> = {}
  for (const [label, attribute] of ATTRIBUTES) {
    const value = labels[label]
    if (value !== undefined && value !== '') resource[attribute] ??= value
  }
  // a control group: /docker/<id>, /kubepods/burstable/pod<uid>/<id>, …/cri-containerd-<id>.scope
  const id = /(?:^|[/-])([\da-f]{64})(?:\.scope)?$/.exec(labels['id'] ?? '')?.[1]
  const stated = /([\da-f]{64})$/.exec(labels['container_id'] ?? '')?.[1]
  const container = id ?? stated
  if (container !== undefined) {
    resource['container.id'] = container
    if (labels['name'] !== undefined && labels['name'] !== container)
      resource['container.name'] = labels['name']
  }
  return { ...imageAttributes(labels['image'] === '' ? undefined : labels['image']), ...resource }
}
