"""A program: the offline runs of a folder as JSON, read as W&B's own messages from the log that `wandb sync` reads."""

import json
import struct
import sys
import warnings
from pathlib import Path

warnings.simplefilter("ignore")
from wandb.proto.wandb_internal_pb2 import Record  # noqa: E402

BLOCK, HEADER, LAST = 32768, struct.Struct("<IHB"), {1, 4}
"""Of LevelDB's log format: fragments with checksum, length and kind; none crosses a block; these kinds end a record."""


def records(data):
    assert data[:4] == b":W&B"
    at, whole = 7, b""
    while at + HEADER.size <= len(data):
        left = BLOCK - at % BLOCK
        if left < HEADER.size:
            at += left
            continue
        _, size, kind = HEADER.unpack_from(data, at)
        at += HEADER.size
        whole += data[at : at + size]
        at += size
        if kind in LAST:
            yield Record.FromString(whole)
            whole = b""


def items(updates):
    return {"/".join(u.nested_key) or u.key: json.loads(u.value_json) for u in updates}


def shown(folder):
    (log,) = folder.glob("*.wandb")
    told = {"history": [], "summary": {}, "files": {}, "kinds": []}
    for record in records(log.read_bytes()):
        kind = record.WhichOneof("record_type")
        told["kinds"].append(kind)
        if kind == "run":
            run = record.run
            told |= {"id": run.run_id, "project": run.project, "host": run.host, "config": items(run.config.update)}
            told |= {"name": run.display_name, "job_type": run.job_type}
        elif kind == "history":
            told["history"].append(items(record.history.item))
        elif kind == "summary":
            told["summary"] |= items(record.summary.update)
        elif kind == "files":
            told["files"] |= {f.path: (folder / "files" / f.path).read_text() for f in record.files.files}
        elif kind == "exit":
            told["exit_code"] = record.exit.exit_code
    return told


print(json.dumps([shown(folder) for folder in sorted(Path(sys.argv[1]).glob("wandb/offline-run-*"))]))
