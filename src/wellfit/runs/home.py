"""Where the records of a working folder lie."""

import os
from pathlib import Path

HOME = ".wellfit"


def find_home(folder: Path) -> Path:
    """The folder of the records: the nearest one upwards, else one to be made at the root of git's tree, else here.

    Args:
        folder: absolute working folder.

    Returns:
        Absolute path of a `.wellfit`, which need not exist yet.
    """
    upwards = [folder, *folder.parents]
    root = next((place for place in upwards if (place / ".git").exists()), None)
    within = upwards[: upwards.index(root) + 1] if root else upwards
    for place in within:
        if (place / HOME).is_dir() and (root or _is_mine(place / HOME)):
            return place / HOME
    return (root or folder) / HOME


def _is_mine(folder: Path) -> bool:
    """Whether it is this user's: in a folder that all may write to, anyone can have put it above ours."""
    return not hasattr(os, "getuid") or folder.stat().st_uid == os.getuid()
