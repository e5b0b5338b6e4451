import { known } from './json.ts'
import type { JsonObject } from './json.ts'

/** Messages that say who did what, by their maker: the names of the groups are those of the fields. */
const FORMS: Readonly<Record<string, readonly RegExp[]>> = {
  cisco: [
    // PARSER-5-CFGLOG_LOGGEDCMD: User:admin  logged command:ip ssh version 1
    /^User:(?<User>\S{0,128})\s+logged command:(?<CommandLine>.*)$/s,
    // AAA-6-AAA_ACCOUNTING_MESSAGE: update:192.0.2.7@pts/0:admin:configure terminal ; no ip ssh (SUCCESS)
    /^(?:start|stop|update):(?<address>[^@\s]{1,64})@[^:]{1,64}:(?<User>[^:]{1,128}):(?<CommandLine>.*?)(?: \((?:SUCCESS|FAILURE)\))?$/s,
    // SYS-5-CONFIG_I: Configured from console by admin on vty0 (192.0.2.7)
    /^Configured from \S+ by (?<User>[^\s(]{1,128})(?: on \S+)?(?: \((?<address>[^)\s]{1,64})\))?/,
    // SEC_LOGIN-5-LOGIN_SUCCESS: Login Success [user: admin] [Source: 192.0.2.7] [localport: 22]
    /\[user: ?(?<User>[^\]]{0,128})\] \[Source: ?(?<address>[^\]]{1,64})\]/,
    // MGBL-CONFIG-6-DB_COMMIT : Configuration committed by user 'admin'.
    /committed by user '(?<User>[^']{1,128})'/,
  ],
  huawei: [
    // Recorded command information. (Task=VT0, Ip=192.0.2.7, User=admin, Command="undo ssh server")
    /\bIp=(?<address>[^,]{1,64}),.{0,256}?User=(?<User>[^,]{1,128}),.{0,256}?Command="(?<CommandLine>.*)"/s,
    // -Line=vty0-IPAddr=192.0.2.7-User=admin; Command is undo ssh server
    /IPAddr=(?<address>[^-\s]{1,64})-User=(?<User>[^;]{1,128}); Command is (?<CommandLine>.*)$/s,
  ],
  juniper: [
    // User 'admin', command 'set system services ssh ciphers 3des-cbc '
    /User '(?<User>[^']{1,128})', command '(?<CommandLine>.*?) ?'$/s,
    // User 'admin' requested 'commit' operation
    /User '(?<User>[^']{1,128})'/,
  ],
}

/** What a message says in a form that is known: who, from where, which command. */
export function deviceFields(maker: string, message: string): JsonObject & { readonly User?: string } {
  const text = message.trimEnd()
  for (const form of FORMS[maker] ?? []) {
    const found = form.exec(text)?.groups
    if (found === undefined) continue
    const { User, CommandLine, address } = found
    return known({
      User: User === '' ? undefined : User,
      CommandLine: CommandLine?.trim(),
      'source.ip': address,
    })
  }
  return {}
}
