/** A row as SQLite answers it. */
export type Row = Readonly<Record<string, string | number | null>>
