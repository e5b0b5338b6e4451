import { windowsSource } from './windows-event.ts'
import { WINDOWS_SERVICES } from './windows-services.ts'

const ELSEWHERE = new Set(['sysmon', 'security', 'windefend'])

/** Every other channel: those that Sigma has a service for, and those that it has none for. */
export const windowsEventlog = windowsSource({
  name: 'windows.eventlog',
  title: 'Windows event log, other channels',
  services: [...WINDOWS_SERVICES.filter((service) => !ELSEWHERE.has(service)), undefined],
})
