import { windowsSource } from './windows-event.ts'

/** https://learn.microsoft.com/en-us/sysinternals/downloads/sysmon */
export const windowsSysmon = windowsSource({
  name: 'windows.sysmon',
  title: 'Sysmon',
  services: ['sysmon'],
})
