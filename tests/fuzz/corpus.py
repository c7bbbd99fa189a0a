#!/usr/bin/env python3
"""Packs the corpus of each fuzz target into a file of JSON strings, one input per line, and unpacks it.

    corpus.py unpack                 regressions/TARGET.jsonl  ->  corpus/TARGET/…
    corpus.py pick TARGET CONTROL    deletes the inputs of corpus/TARGET that are not needed to reach every edge; CONTROL is
                                     the control file of a merge with -set_cover_merge=1 -use_counters=0, which lists
                                     the edges of each input
    corpus.py pack                   corpus/TARGET/…           ->  regressions/TARGET.jsonl

Inputs that once failed are in regressions/TARGET.found.jsonl, one per line, added by hand and never overwritten.
Every target reads text, so inputs that are not UTF-8 are omitted.
"""

import collections
import hashlib
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent


def packed(text):
    """Serializes to JSON; letters are not escaped, to keep the files small, other non-ASCII characters are."""
    plain = json.dumps(text, ensure_ascii=False)
    return "".join(c if " " <= c <= "~" or c.isalpha() else json.dumps(c)[1:-1] for c in plain)


def unpack():
    for file in sorted((HERE / "regressions").glob("*.jsonl")):
        folder = HERE / "corpus" / file.name.split(".")[0]
        folder.mkdir(parents=True, exist_ok=True)
        for line in file.read_text("utf-8").rstrip("\n").split("\n"):
            data = json.loads(line).encode()
            (folder / hashlib.sha1(data).hexdigest()).write_bytes(data)


def pick(target, control):
    """Greedy set cover: most edges for the fewest bytes; then drops redundant inputs."""
    inputs, edges = [], {}
    for line in pathlib.Path(control).read_text().splitlines():
        words = line.split()
        if line.startswith("FT "):
            edges[inputs[int(words[1])]] = set(words[2:])
        elif "/" in line:
            inputs.append(pathlib.Path(line).name)
    folder = HERE / "corpus" / target
    cost = {name: len(packed((folder / name).read_bytes().decode(errors="replace")).encode()) for name in edges}
    missing, left, chosen = set().union(*edges.values()), dict(edges), []
    while missing:
        best = max(left, key=lambda name: (len(left[name] & missing) / cost[name], name))
        chosen.append(best)
        missing -= left.pop(best)
        left = {name: reached for name, reached in left.items() if reached & missing}
    reached = collections.Counter(edge for name in chosen for edge in edges[name])
    selected = set(chosen)
    for name in sorted(chosen, key=lambda name: (-cost[name], name)):
        if all(reached[edge] > 1 for edge in edges[name]):
            selected.discard(name)
            reached.subtract(edges[name])
    for path in folder.iterdir():
        if path.name not in selected:
            path.unlink()
    print(f"{target}: {len(selected)} inputs reach {len(reached)} edges")


def pack():
    (HERE / "regressions").mkdir(exist_ok=True)
    for folder in sorted(path for path in (HERE / "corpus").iterdir() if path.is_dir()):
        inputs = set()
        for path in folder.iterdir():
            try:
                inputs.add(path.read_bytes().decode())
            except UnicodeDecodeError:
                continue
        lines = [packed(text) for text in sorted(inputs, key=lambda text: (len(text), text))]
        file = HERE / "regressions" / f"{folder.name}.jsonl"
        file.write_text("\n".join(lines) + "\n", "utf-8")
        print(f"{folder.name}: {len(lines)} inputs, {file.stat().st_size} bytes")


if __name__ == "__main__":
    commands = {("pack", 0): pack, ("unpack", 0): unpack, ("pick", 2): pick}
    command = commands.get((sys.argv[1] if len(sys.argv) > 1 else "", len(sys.argv) - 2))
    if command is None:
        sys.exit(__doc__)
    command(*sys.argv[2:])
