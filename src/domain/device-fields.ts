import type { Field } from './field.ts'

/** A message of a router, switch or firewall. */
export const NETWORK_DEVICE: Readonly<Record<string, Field>> = {
  message: { type: 'string', description: 'What stands behind the mark of its maker.' },
  'event.code': {
    type: 'string',
    description: 'That mark: %SYS-5-CONFIG_I:, %%SHELL/5/CMDRECORD, UI_CMDLINE_READ_LINE.',
  },
  'syslog.severity': { type: 'number', description: '0 emergency to 7 debug, as the mark says.' },
  User: { type: 'string', description: 'Who did it, where the message says so.' },
  CommandLine: { type: 'string', description: 'The command that was logged.' },
  'source.ip': { type: 'string', description: 'Where they came from.' },
}
