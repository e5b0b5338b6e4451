import { windowsSource } from './windows-event.ts'

/** It logs to syslog what Sysmon logs on Windows, in the same form: https://github.com/microsoft/SysmonForLinux */
export const sysmonLinux = windowsSource({
  name: 'sysmon.linux',
  title: 'Sysmon for Linux',
  services: ['sysmon'],
})
