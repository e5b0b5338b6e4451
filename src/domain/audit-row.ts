/** What somebody changed: one row of the audit trail. */
export interface AuditRow {
  /** ms since the epoch. */
  readonly at: number
  readonly actor: string
  readonly action: string
  readonly detail: unknown
}
