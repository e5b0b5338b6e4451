import type { Field } from './field.ts'

/** A file that somebody's check found other than it was: what became of it, and of what. */
export const FILE_CHANGE: Readonly<Record<string, Field>> = {
  TargetFilename: { type: 'string', description: 'Path of the file, as the tool names it.' },
  SourceFilename: { type: 'string', description: 'Where a file that was moved stood before.' },
  'event.action': {
    type: 'string',
    description: 'created, updated, deleted, moved, or attributes_modified where its content stayed.',
  },
  'event.reason': { type: 'string', description: 'How it was noticed: realtime, whodata, scheduled, ….' },
  'host.path': { type: 'list', description: 'The same path where the tool looks at the host’s file system.' },
  'file.changed': {
    type: 'list',
    description:
      'What is other than before: content, size, mode, owner, group, mtime, ctime, inode, links, target, acl, xattrs, selinux, capabilities, ….',
  },
  'file.type': { type: 'string', description: 'file, dir, symlink, …, where the tool says it.' },
  'file.size': { type: 'number', description: 'Bytes, by now.' },
  'file.mode': { type: 'string', description: 'Permissions, as the tool writes them.' },
  'file.owner': { type: 'string', description: 'Name of the owner, or the number where no name is told.' },
  'file.group': { type: 'string', description: 'Name of the group, or the number where no name is told.' },
  'file.mtime': {
    type: 'string',
    description: 'When its content was changed; whoever owns the file can say any.',
  },
  'file.ctime': { type: 'string', description: 'When the system last noted a change of it.' },
  'file.hash.md5': { type: 'string', description: 'Hexadecimal.' },
  'file.hash.sha1': { type: 'string', description: 'Hexadecimal.' },
  'file.hash.sha256': { type: 'string', description: 'Hexadecimal.' },
  'file.hash.sha512': { type: 'string', description: 'Hexadecimal.' },
  'file.previous.size': { type: 'number', description: 'Bytes, before.' },
  'file.previous.mode': { type: 'string', description: 'Permissions, before.' },
  'file.previous.owner': { type: 'string', description: 'Owner, before.' },
  'file.previous.group': { type: 'string', description: 'Group, before.' },
  'file.previous.hash.md5': { type: 'string', description: 'Of the content before, where it is told.' },
  'file.previous.hash.sha1': { type: 'string', description: 'Of the content before, where it is told.' },
  'file.previous.hash.sha256': { type: 'string', description: 'Of the content before, where it is told.' },
  'file.previous.hash.sha512': { type: 'string', description: 'Of the content before, where it is told.' },
  Image: { type: 'string', description: 'Program that changed it, where the tool saw it.' },
  User: { type: 'string', description: 'Who it ran as.' },
  ProcessId: { type: 'number', description: 'As the host numbers it.' },
}
