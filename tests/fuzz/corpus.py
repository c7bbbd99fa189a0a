#!/usr/bin/env python3
"""Packs the working corpus of each fuzz target into one file of JSON strings, one input a line, and unpacks it again.

    corpus.py unpack    regressions/TARGET.jsonl  ->  corpus/TARGET/…
    corpus.py pack      corpus/TARGET/…           ->  regressions/TARGET.jsonl

Inputs that once failed are in regressions/TARGET.found.jsonl, one a line, added by hand and never packed over.
Every target reads text, so inputs that are not UTF-8 are left out.
"""

import hashlib
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent


def unpack():
    for packed in sorted((HERE / "regressions").glob("*.jsonl")):
        folder = HERE / "corpus" / packed.name.split(".")[0]
        folder.mkdir(parents=True, exist_ok=True)
        for line in packed.read_text("utf-8").splitlines():
            data = json.loads(line).encode()
            (folder / hashlib.sha1(data).hexdigest()).write_bytes(data)


def pack():
    (HERE / "regressions").mkdir(exist_ok=True)
    for folder in sorted(path for path in (HERE / "corpus").iterdir() if path.is_dir()):
        inputs = set()
        for path in folder.iterdir():
            try:
                inputs.add(path.read_bytes().decode())
            except UnicodeDecodeError:
                continue
        lines = [json.dumps(text, ensure_ascii=True) for text in sorted(inputs, key=lambda text: (len(text), text))]
        (HERE / "regressions" / f"{folder.name}.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
        print(f"{folder.name}: {len(lines)} inputs")


if __name__ == "__main__":
    commands = {"pack": pack, "unpack": unpack}
    if len(sys.argv) != 2 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    commands[sys.argv[1]]()
