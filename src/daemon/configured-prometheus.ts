import type { InputConfig } from '../config/config.ts'
import { parseDuration } from '../domain/day.ts'
import type { Input } from '../inputs/input.ts'
import { prometheusInput } from '../inputs/prometheus.ts'

/** The configuration counts in MiB. */
const MIB = 1024 * 1024

/** The input of the configuration that scrapes. */
export function configuredPrometheus({
  name,
  urls,
  interval,
  timeout,
  tokenFile,
  caFile,
  limits,
}: Extract<InputConfig, { type: 'prometheus' }>): Input {
  return prometheusInput({
    name,
    urls: [...new Set(urls)],
    interval: parseDuration(interval) ?? 0,
    timeout: parseDuration(timeout) ?? 0,
    tokenFile,
    caFile,
    limit: limits.body * MIB,
  })
}
