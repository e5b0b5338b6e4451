import { windowsSource } from './windows-event.ts'

/** https://learn.microsoft.com/en-us/defender-endpoint/troubleshoot-microsoft-defender-antivirus */
export const windowsDefender = windowsSource({
  name: 'windows.defender',
  title: 'Microsoft Defender Antivirus',
  services: ['windefend'],
})
