import type { Field } from './field.ts'

/** A measurement, in the names and units of cAdvisor where it is one of a container, whoever measured it. */
export const METRIC: Readonly<Record<string, Field>> = {
  'metric.name': {
    type: 'string',
    description:
      'container_cpu_usage_seconds_total, container_memory_working_set_bytes, …; container_cpu_usage_ratio is what a container used since the sample before, 1 for one processor.',
  },
  'metric.value': {
    type: 'number',
    description: 'In the unit that the name ends with; a counter since its start.',
  },
  'metric.type': { type: 'string', description: 'counter, gauge, histogram, summary, where it is said.' },
  'metric.unit': { type: 'string', description: 's, By, 1: as UCUM has it, where the name says it.' },
  'metric.labels': { type: 'list', description: 'name=value of what else tells it from others.' },
}
