"""Does once, as another user, what the rules of sensors/auditd tell of."""

import ctypes
import os
import socket
import subprocess
import sys

libc = ctypes.CDLL(None, use_errno=True)
folder = sys.argv[1]
os.chdir(folder)
os.setgid(int(sys.argv[2]))
os.setuid(int(sys.argv[2]))

open('a file', 'w').close()
os.rename('a file', 'an\nother')
subprocess.run(['/bin/sh', '-c', 'exec /bin/echo "a  b" ü ' + 'x' * 9000], stdout=subprocess.DEVNULL)
for family, address in ((socket.AF_INET, '127.0.0.1'), (socket.AF_INET6, '::1')):
    try:
        socket.socket(family).connect((address, 9))
    except OSError:
        pass
waiting = socket.socket()
waiting.bind(('127.0.0.1', 0))
waiting.listen(1)
os.memfd_create('payload')
libc.unshare(0x20000)
libc.ptrace(16, os.getppid(), None, None)
