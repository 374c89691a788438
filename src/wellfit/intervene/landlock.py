"""Has the kernel keep this process, and all that it starts, from writing outside of some folders.

Landlock is part of Linux since 5.13, needs no privilege, and only ever takes rights away. What Python does not announce
is held by it as well: libraries that write in C, and commands of the shell.

Source: the kernel's documentation, userspace-api/landlock; numbers and bits from its header linux/landlock.h.
"""

import ctypes
import os
import struct
import sys
from collections.abc import Iterable

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
"""System calls, alike on every architecture."""

_VERSION_FLAG = 1
_BELOW_A_FOLDER = 1
_NO_NEW_PRIVILEGES = 38

_WRITE_FILE = 1 << 1
_REMOVE_AND_MAKE = sum(1 << bit for bit in range(4, 13))
_REFER = 1 << 13
_TRUNCATE = 1 << 14

_FIRST_USABLE = 2
"""Version of the interface from which files can be renamed from one folder into another."""

_FIRST_WITH_TRUNCATE = 3


def confine(writable: Iterable[str]) -> bool:
    """Let nothing be changed from here on but what lies below these folders; there is no way back.

    Args:
        writable: absolute folders; those that do not exist are left out.

    Returns:
        False where this kernel cannot do it, and nothing was changed.
    """
    if not sys.platform.startswith("linux"):
        return False
    library = ctypes.CDLL(None, use_errno=True)
    version = library.syscall(_CREATE_RULESET, None, 0, _VERSION_FLAG)
    if version < _FIRST_USABLE:
        return False
    rights = _WRITE_FILE | _REMOVE_AND_MAKE | _REFER | (_TRUNCATE if version >= _FIRST_WITH_TRUNCATE else 0)
    wanted = struct.pack("=Q", rights)
    rules = library.syscall(_CREATE_RULESET, wanted, len(wanted), 0)
    if rules < 0:
        return False
    try:
        return _add_all(library, rules, rights, writable) and _enter(library, rules)
    finally:
        os.close(rules)


def _add_all(library: ctypes.CDLL, rules: int, rights: int, writable: Iterable[str]) -> bool:
    for folder in writable:
        if not os.path.isdir(folder):
            continue
        descriptor = os.open(folder, os.O_PATH | os.O_CLOEXEC)
        try:
            if library.syscall(_ADD_RULE, rules, _BELOW_A_FOLDER, struct.pack("=Qi", rights, descriptor), 0):
                return False
        finally:
            os.close(descriptor)
    return True


def _enter(library: ctypes.CDLL, rules: int) -> bool:
    if library.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        return False
    return bool(library.syscall(_RESTRICT_SELF, rules, 0) == 0)
