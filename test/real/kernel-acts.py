"""Does once, in a container, what the sensor watches; hostile texts among it."""

import ctypes
import os
import socket
import subprocess

libc = ctypes.CDLL(None, use_errno=True)

deep = '/tmp/' + '/'.join('d' * 100 for _ in range(9))
os.makedirs(deep)
open(deep + '/' + 'f' * 200, 'w').close()
open('/tmp/line\nbreak "} \\x41', 'w').close()

os.makedirs('/etc/ssl/private')
open('/etc/ssl/private/site.key', 'w').close()
open('/etc/ssl/private/site.key').close()
open('/etc/passwd').close()

os.makedirs('/tmp/rel')
os.chdir('/tmp')
open('rel/x', 'w').close()
os.rename('rel/x', 'rel/y')
folder = os.open('rel', os.O_RDONLY)
os.close(os.open('z', os.O_WRONLY | os.O_CREAT, dir_fd=folder))
libc.syscall(437, -100, b'/tmp/openat2', (ctypes.c_uint64 * 3)(0x41, 0o600, 0), 24)

for family, address in ((socket.AF_INET6, '::1'), (socket.AF_INET, '127.0.0.1')):
    try:
        socket.socket(family).connect((address, 9))
    except OSError:
        pass
unix = socket.socket(socket.AF_UNIX)
unix.bind('/tmp/a.sock')
unix.listen(1)
socket.socket(socket.AF_UNIX).connect('/tmp/a.sock')
four = socket.socket()
four.bind(('0.0.0.0', 8443))
four.listen(5)
six = socket.socket(socket.AF_INET6)
six.bind(('::', 8444))
six.listen(5)
datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
datagrams.bind(('127.0.0.1', 5353))

memory = os.memfd_create('payload')
with open('/usr/bin/true', 'rb') as program:
    os.write(memory, program.read())
if os.fork() == 0:
    os.execve(memory, ['kworker'], {})
os.wait()
if os.fork() == 0:
    libc.ptrace(0, 0, None, None)
    os._exit(0)
os.wait()
libc.syscall(425, 4, (ctypes.c_char * 120)())
libc.syscall(321, 5, 0, 0)
libc.mount(b'none', b'/mnt', b'tmpfs', 2, None)
libc.umount2(b'/mnt', 2)
libc.setns(os.open('/proc/self/ns/uts', os.O_RDONLY), 0x04000000)
libc.syscall(430, b'tmpfs', 0)
libc.unshare(0x04000000)

subprocess.run(['/bin/true'] + ['arg%d' % number for number in range(100)] + ['x' * 9000])
subprocess.run(['/bin/true', 'y' * 30000])
subprocess.run(['/bin/true', 'a\nE 1 1 1 1', '"}', '{"type": "printf", "data": "B 1"}', '\\x41', b'\xff', '\x1b[31m', ''])
try:
    subprocess.run(['/nonexistent/program', 'one'])
except OSError:
    pass
