"""A file system that forgets what was not synced, spoken to the kernel over /dev/fuse.

``python forgetful.py MOUNTPOINT STORAGE`` mounts it, prints a line, and serves until its standard input ends.
Files live in one directory. What is written is there for whoever reads. A word on standard input is answered
by a line: ``crash`` takes files back to what was last synced of them, and those away whose name was not (how
many bytes are gone); ``flush`` syncs all, as the system does now and then; ``copy`` writes them to STORAGE.
"""

import ctypes
import errno
import os
import stat
import struct
import sys
import threading
import time
from pathlib import Path

HEADER = struct.Struct("<IIQQIIIHH")
LOOKUP, FORGET, GETATTR, SETATTR, OPEN, READ, WRITE = 1, 2, 3, 4, 14, 15, 16
STATFS, RELEASE, FSYNC, FLUSH, INIT, OPENDIR, READDIR, RELEASEDIR, FSYNCDIR = (
    17,
    18,
    20,
    25,
    26,
    27,
    28,
    29,
    30,
)
ACCESS, CREATE, INTERRUPT, DESTROY, BATCH_FORGET = 34, 35, 36, 38, 42
ROOT = 1
SIZE, DIRECT_IO = 1 << 3, 1 << 0
LARGEST_WRITE = 1 << 17


class File:
    """A file: what is written, and what of it is on storage."""

    def __init__(self, name):
        self.name = name
        self.data = bytearray()
        self.synced = b""
        self.is_named = False


class Forgetful:
    """The files, and answers to what the kernel asks."""

    def __init__(self):
        self.lock = threading.Lock()
        self.files = {}  # by node
        self.nodes = {}  # by name
        self.last = ROOT

    def crash(self):
        """Go back to what is on storage. Give how many bytes are gone."""
        with self.lock:
            gone = sum(len(file.data) - len(file.synced) for file in self.files.values())
            self.files = {node: file for node, file in self.files.items() if file.is_named}
            self.nodes = {name: node for name, node in self.nodes.items() if node in self.files}
            for file in self.files.values():
                file.data = bytearray(file.synced)
            return gone

    def flush(self):
        """Put everything on storage."""
        with self.lock:
            for file in self.files.values():
                file.synced, file.is_named = bytes(file.data), True

    def copy(self, storage):
        """Write the files elsewhere."""
        with self.lock:
            for file in self.files.values():
                Path(storage, file.name).write_bytes(file.data)

    def answer(self, code, node, body):
        """Answer a request; an int is an error number, None is no answer."""
        with self.lock:
            return self._answer(code, node, body)

    def _answer(self, code, node, body):  # noqa: PLR0911, PLR0912 - one branch for each request
        if code in {FORGET, BATCH_FORGET, INTERRUPT}:
            return None
        if code == INIT:
            _, minor, ahead = struct.unpack_from("<III", body)
            return struct.pack(
                "<IIIIHHIIHHI7I", 7, min(minor, 31), ahead, 0, 8, 8, LARGEST_WRITE, 1, 1, 0, 0, *[0] * 7
            )
        if code == GETATTR:
            return struct.pack("<QII", 0, 0, 0) + self._attributes(node) if self._is(node) else errno.ENOENT
        if code == LOOKUP:
            found = self.nodes.get(body.rstrip(b"\0"))
            return self._entry(found) if found else errno.ENOENT
        if code == CREATE:
            name = body[16:].rstrip(b"\0")
            if name not in self.nodes:
                self.last += 1
                self.nodes[name] = self.last
            node = self.nodes[name]
            self.files.setdefault(node, File(name.decode()))
            return self._entry(node) + self._opened()
        if code == OPEN:
            return self._opened()
        if code == OPENDIR:
            return struct.pack("<QII", 0, 0, 0)
        if code == READ:
            _, start, size = struct.unpack_from("<QQI", body)
            return bytes(self.files[node].data[start : start + size])
        if code == WRITE:
            _, start, size = struct.unpack_from("<QQI", body)
            data = self.files[node].data
            data.extend(bytes(max(0, start - len(data))))
            data[start : start + size] = body[40 : 40 + size]
            return struct.pack("<II", size, 0)
        if code == SETATTR:
            valid, _, _, size = struct.unpack_from("<IIQQ", body)
            if valid & SIZE:
                data = self.files[node].data
                del data[size:]
                data.extend(bytes(size - len(data)))
            return struct.pack("<QII", 0, 0, 0) + self._attributes(node)
        if code == FSYNC:
            file = self.files[node]
            file.synced = bytes(file.data)
            return b""
        if code == FSYNCDIR:
            for file in self.files.values():
                file.is_named = True
            return b""
        if code == READDIR:
            return b""
        if code == STATFS:
            return struct.pack(
                "<5Q4I6I", 1 << 20, 1 << 20, 1 << 20, 1 << 20, 1 << 20, 4096, 255, 4096, 0, *[0] * 6
            )
        return b"" if code in {FLUSH, RELEASE, RELEASEDIR, ACCESS} else errno.ENOSYS

    def _is(self, node):
        return node == ROOT or node in self.files

    def _attributes(self, node):
        size = len(self.files[node].data) if node != ROOT else 0
        mode = stat.S_IFREG | 0o666 if node != ROOT else stat.S_IFDIR | 0o777
        now = int(time.time())
        # Node, size, blocks, three times, their nanoseconds, mode, links, owner, group, device, block size.
        return struct.pack("<6Q10I", node, size, 0, now, now, now, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)

    def _entry(self, node):
        return struct.pack("<QQQQII", node, 0, 0, 0, 0, 0) + self._attributes(node)

    def _opened(self):
        # Each read and write comes here: the kernel keeps nothing.
        return struct.pack("<QII", 0, DIRECT_IO, 0)


def mount(device, where):
    """Mount the file system that answers at `device`."""
    libc = ctypes.CDLL(None, use_errno=True)
    options = f"fd={device},rootmode=40777,user_id=0,group_id=0,allow_other"
    if libc.mount(b"forgetful", os.fsencode(where), b"fuse.forgetful", 0, options.encode()):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), where)


def serve(device, files):
    """Answer until it is unmounted."""
    while True:
        try:
            request = os.read(device, LARGEST_WRITE + 4096)
        except OSError as error:
            if error.errno == errno.ENODEV:
                return
            if error.errno in {errno.ENOENT, errno.EINTR, errno.EAGAIN}:
                continue
            raise
        _, code, unique, node, *_ = HEADER.unpack_from(request)
        try:
            answer = files.answer(code, node, request[HEADER.size :])
        except KeyError:
            answer = errno.ENOENT
        if answer is None:
            continue
        failed = answer if isinstance(answer, int) else 0
        body = b"" if failed else answer
        os.write(device, struct.pack("<IiQ", 16 + len(body), -failed, unique) + body)


def main(where, storage):
    device = os.open("/dev/fuse", os.O_RDWR)
    mount(device, where)
    files = Forgetful()
    threading.Thread(target=serve, args=(device, files), daemon=True).start()
    print("mounted", flush=True)
    commands = {"crash": files.crash, "flush": files.flush, "copy": lambda: files.copy(storage)}
    for word in sys.stdin:
        print(commands[word.strip()](), flush=True)
    ctypes.CDLL(None).umount2(os.fsencode(where), 2)


if __name__ == "__main__":
    main(*sys.argv[1:])
