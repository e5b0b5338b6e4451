/** What a broken or hostile sender puts where a record should stand; each in one line, and none of them readable. */
export function garbage(longest: number): readonly Buffer[] {
  return [
    // binary: all bytes but the newline
    Buffer.from(Array.from({ length: 1_024 }, (_, n) => n % 256).filter((byte) => byte !== 0x0a)),
    Buffer.from('{"time":"2026-11-20T10:00:00Z","rule":"half of it","output_fields":{"a":[1,2,'),
    Buffer.alloc(longest + 1, 'x'),
    Buffer.concat([Buffer.from('{"rule":"'), Buffer.from([0xff, 0xfe, 0xc3, 0x28, 0xed, 0xa0, 0x80])]),
    Buffer.alloc(300),
    Buffer.from('['.repeat(20_000)),
    Buffer.from(`${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`),
    Buffer.from("\u001b]0;owned\u0007\u001b[2J<script>alert(1)</script>\u0000'; DROP TABLE alerts; --"),
  ]
}
