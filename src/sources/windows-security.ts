import { windowsSource } from './windows-event.ts'

/** https://learn.microsoft.com/en-us/previous-versions/windows/it-pro/windows-10/security/threat-protection/auditing/security-auditing-overview */
export const windowsSecurity = windowsSource({
  name: 'windows.security',
  title: 'Windows Security log',
  services: ['security'],
})
