#!/usr/bin/env python3
"""Writes Documentation/Conformance.md: every normative statement, the source that decides it, the tests that prove it.

A mark is `[MQTT-x.y.z-n]` for MQTT 5.0 and `[MQTT-x.y.z-n of 3.1.1]` for MQTT 3.1.1, in Sources/ or Tests/.
In a transcript a mark belongs to the scenario (`== title`) it stands in, in a Swift test to its @Test or @Suite.

A statement is proved for each end it binds. It binds a server when it is about a server or both ends, or when a server has to react
to its breach by a client; a client when it is about a client or both ends, or when a client has to react to its breach by a server.
Which end a test proves is decided by its folder:
- Tests/ClientCoreTests/ and Tests/MQTTClientTests/ prove the client,
- Tests/MQTTCodecTests/ proves both: there is one codec, and all it can show is how bytes are written and read,
- all others prove the server.
A statement without such a test needs a line (id,version,reason) in the not-applicable.csv of that end:
Tests/TranscriptTests/ for the server, Tests/ClientCoreTests/ for the client.

    scripts/conformance.py           writes the document
    scripts/conformance.py --check   exits 1, naming what is wrong, when a statement has neither a test nor a reason
                                     for an end it binds, a mark or a reason names no statement, or the document
                                     is not current
"""

import argparse
import csv
import pathlib
import re
import sys

VERSIONS = {"5": ("MQTT 5.0", "mqtt5-normative.csv"), "3.1.1": ("MQTT 3.1.1", "mqtt311-normative.csv")}
ENDS = {"server": "Tests/TranscriptTests/not-applicable.csv", "client": "Tests/ClientCoreTests/not-applicable.csv"}
PROVES = {"ClientCoreTests": ["client"], "MQTTClientTests": ["client"], "MQTTCodecTests": ["server", "client"]}
MARK = re.compile(r"\[(MQTT-\d+\.\d+\.\d+-\d+)( of 3\.1\.1)?\]")
TEST = re.compile(r'@(?:Test|Suite)\s*\(\s*(?:"""(.*?)"""|"((?:[^"\\]|\\.)*)")', re.DOTALL)
ATTRIBUTE = re.compile(r"@(?:Test|Suite)\b")


class Statement:
    def __init__(self, version, row):
        self.version = version
        self.id = row["id"]
        self.level = row["level"]
        self.requirement = row["requirement"]
        self.party = row["applies_to"]
        reaction = row["required_reaction"].strip()
        self.reaction = "" if reaction == "none" else reaction
        client_reacts = reaction.startswith("client")
        self.binds = {
            "server": self.party in ("server", "both") or (self.reaction != "" and not client_reacts),
            "client": self.party in ("client", "both") or client_reacts,
        }
        self.sources = []  # paths
        self.tests = {end: [] for end in ENDS}  # (path, title)
        self.reasons = {}

    @property
    def name(self):
        return self.id if self.version == "5" else f"{self.id} of {self.version}"

    def is_settled(self, end):
        return not self.binds[end] or bool(self.tests[end]) or end in self.reasons


def read_statements(root):
    statements = {}
    for version, (_, file) in VERSIONS.items():
        with open(root / "Documentation/Conformance" / file, newline="", encoding="utf-8") as lines:
            for row in csv.DictReader(lines):
                statements[(row["id"], version)] = Statement(version, row)
    return statements


def read_reasons(file):
    if not file.exists():
        return []
    with open(file, newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def marks(text):
    """Every (id, version) marked in `text`, in order."""
    return [(id, "3.1.1" if old else "5") for id, old in MARK.findall(text)]


def without_marks(title):
    """The title as a reader wants it: the marks stand in the document already."""
    title = re.sub(r"\s+([:,;.]|$)", r"\1", re.sub(r"\s{2,}", " ", MARK.sub("", title)))
    return title.replace('\\"', '"').strip(" :,;—-")


def transcript_marks(text):
    """(mark, scenario title) for every mark; the title is None before the first scenario."""
    title = None
    for line in text.splitlines():
        if line.startswith("== "):
            title = without_marks(line[3:])
        for mark in marks(line):
            yield mark, title


def swift_test_marks(text):
    """(mark, sentence of the @Test or @Suite) for every mark in one; a mark in a helper proves nothing."""
    lines = text.splitlines()
    titles = [None] * len(lines)
    current = None
    for number, line in enumerate(lines):
        if ATTRIBUTE.search(line):
            sentence = TEST.search("\n".join(lines[number : number + 8]))
            current = without_marks(sentence.group(1) or sentence.group(2)) if sentence else ""
            above = number - 1  # comments directly above belong to the test below them
            while above >= 0 and lines[above].lstrip().startswith(("//", "@")):
                titles[above] = current
                above -= 1
        titles[number] = current
    for line, title in zip(lines, titles):
        if title is not None:
            for mark in marks(line):
                yield mark, title


def collect(root, statements):
    """Files the marks and reasons under their statements; returns what is wrong with them."""
    wrong = []

    def find(mark, path):
        statement = statements.get(mark)
        if statement is None:
            wrong.append(f"{path}: no such statement: [{mark[0]}{'' if mark[1] == '5' else ' of ' + mark[1]}]")
        return statement

    for file in sorted((root / "Sources").rglob("*.swift")):
        path = file.relative_to(root).as_posix()
        for mark in marks(file.read_text(encoding="utf-8")):
            statement = find(mark, path)
            if statement and path not in statement.sources:
                statement.sources.append(path)

    for file in sorted((root / "Tests").rglob("*")):
        path = file.relative_to(root).as_posix()
        if file.suffix == ".transcript":
            found = transcript_marks(file.read_text(encoding="utf-8"))
        elif file.suffix == ".swift" and not path.startswith("Tests/HouseTests/"):
            found = swift_test_marks(file.read_text(encoding="utf-8"))
        else:
            continue
        for mark, title in found:
            if title is None:
                wrong.append(f"{path}: [{mark[0]}] stands before the first scenario")
                continue
            statement = find(mark, path)
            for end in PROVES.get(path.split("/")[1], ["server"]):
                if statement and (path, title) not in statement.tests[end]:
                    statement.tests[end].append((path, title))

    for end, reasons in ENDS.items():
        for row in read_reasons(root / reasons):
            statement = statements.get((row["id"], row["version"]))
            if statement is None:
                wrong.append(f"{reasons}: no such statement: {row['id']} of {row['version']}")
            elif not (row["reason"] or "").strip():
                wrong.append(f"{reasons}: no reason: {statement.name}")
            elif not statement.binds[end]:
                wrong.append(f"{reasons}: {statement.name} binds no {end} and needs no reason")
            elif statement.tests[end]:
                wrong.append(f"{reasons}: {statement.name} has a test ({statement.tests[end][0][0]}) and needs no reason")
            else:
                statement.reasons[end] = row["reason"].strip()
        wrong += [
            f"neither a test of the {end} nor a reason: {s.name}: {s.requirement}" for s in statements.values() if not s.is_settled(end)
        ]
    return wrong


def cell(text):
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")


def link(path, title=""):
    name = path.rsplit("/", 1)[-1]
    return f"[{name}](../{path})" + (f": {cell(title)}" if title else "")


def proof(statement, end):
    if statement.tests[end]:
        return "<br>".join(link(path, title) for path, title in statement.tests[end])
    if end in statement.reasons:
        return "*" + cell(statement.reasons[end]) + "*"
    return "**missing**" if statement.binds[end] else "–"


def document(statements):
    every = list(statements.values())
    out = [
        "# Conformance",
        "",
        "Generated by `make conformance` from the marks `[MQTT-x.y.z-n]` (MQTT 5.0) and `[MQTT-x.y.z-n of 3.1.1]` in Sources/ and Tests/;",
        "do not edit. The statements, in our words, are in [Conformance/](Conformance/). A statement *binds* a server or a client when it is",
        "about that end or both, and when that end has to react to its breach by the other. A test is named by its file and scenario; those of",
        "the codec, which both ends share, stand under both.",
        "",
        "| Version | Statements | with a source line | End | Binding it | with a test | with a reason instead | missing |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for version, (title, _) in VERSIONS.items():
        rows = [s for s in every if s.version == version]
        for end in ENDS:
            binding = [s for s in rows if s.binds[end]]
            tested = [s for s in binding if s.tests[end]]
            excused = [s for s in binding if end in s.reasons]
            missing = [s for s in binding if not s.is_settled(end)]
            of_both = f"{len(rows)} | {len([s for s in rows if s.sources])}"
            out.append(f"| {title} | {of_both} | {end} | {len(binding)} | {len(tested)} | {len(excused)} | {len(missing)} |")
    for version, (title, _) in VERSIONS.items():
        out += ["", f"## {title}", ""]
        out.append("| Statement | Binds | What it says | Breach | Source | Server: test, or the reason there is none | Client: the same |")
        out.append("|---|---|---|---|---|---|---|")
        for s in every:
            if s.version == version:
                sources = "<br>".join(link(path) for path in s.sources)
                said = f"{s.id} | {s.party} | {cell(s.requirement)} | {cell(s.reaction)} | {sources}"
                out.append(f"| {said} | {proof(s, 'server')} | {proof(s, 'client')} |")
    return "\n".join(out) + "\n"


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--check", action="store_true", help="change nothing; exit 1 when something is wrong")
    arguments.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent, help=argparse.SUPPRESS)
    options = arguments.parse_args()
    root = options.root
    target = root / "Documentation/Conformance.md"

    statements = read_statements(root)
    wrong = collect(root, statements)
    text = document(statements)
    if options.check:
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            wrong.append("Documentation/Conformance.md is not current: run make conformance")
    else:
        target.write_text(text, encoding="utf-8")
    for line in wrong:
        print(line, file=sys.stderr)
    sys.exit(1 if options.check and wrong else 0)


if __name__ == "__main__":
    main()
