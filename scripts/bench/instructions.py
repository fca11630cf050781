#!/usr/bin/env python3
"""Count the instructions that martletd spends on one delivery, with valgrind: the same on a busy machine.

  instructions.py --config loops.json --martletd PATH --mqload PATH [--scenarios NAME,..] [--only NAME,..]
                  [--functions 0] [--markdown OUT]

Each scenario runs twice, with N and 6 N deliveries: the difference is
what messages cost without start and end. The kernel is not counted. --functions shows those that grew most against the
first broker. Debian's valgrind cannot read Swift's debug information, so it runs a copy without.
"""
import argparse, collections, os, re, subprocess, tempfile

import compare

COUNTS = (10_000, 60_000)


def functions(path):
    text = subprocess.run(["callgrind_annotate", "--threshold=100", path], capture_output=True, text=True).stdout
    text = subprocess.run(["swift", "demangle", "--simplified"], input=text, capture_output=True, text=True).stdout
    found = collections.Counter()
    for line in text.splitlines():
        m = re.match(r"\s*([\d,]+) \([ \d.]+%\)\s+(.*)", line)
        if m:
            found[re.sub(r" \[\S+\]$", "", m[2].split(":", 1)[-1])] += int(m[1].replace(",", ""))
    return found


def count(broker, scenario, a, work):
    """Instructions per delivery: all, and by function."""
    totals, received = [], []
    for n in COUNTS:
        out = "%s/%s" % (work, n)
        cmd = ["valgrind", "--tool=callgrind", "--callgrind-out-file=" + out, work + "/martletd"] + broker["cmd"][1:]
        load = broker.get("load", []) + ["--secs", "300", "--warmup", "0", "--count", str(max(n // scenario.get("fan", 1), 1))]
        r = compare.run_once(dict(broker, cmd=cmd, load=load), scenario, a.mqload, False)
        if not r.get("ok"):
            raise SystemExit("%s, %s: %s" % (scenario["name"], broker["name"], r.get("msg")))
        found = functions(out)
        totals.append(found)
        received.append(r["total_received"])
    more = received[1] - received[0]
    each = {k: (v - totals[0][k]) / more for k, v in totals[1].items() if k != "PROGRAM TOTALS"}
    return (totals[1]["PROGRAM TOTALS"] - totals[0]["PROGRAM TOTALS"]) / more, each


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("config", "martletd", "mqload"):
        ap.add_argument("--" + name, required=True)
    for name in ("scenarios", "only", "markdown"):
        ap.add_argument("--" + name, default="")
    ap.add_argument("--functions", type=int, default=0)
    a = ap.parse_args()
    cfg = compare.load(a.config)
    brokers = [b for b in cfg["brokers"] if not a.only or b["name"] in a.only.split(",")]
    lines = ["| instructions per delivery | " + " | ".join(b["name"] for b in brokers) + " |", "|---|" + "---|" * len(brokers)]
    with tempfile.TemporaryDirectory() as work:
        subprocess.run(["objcopy", "--strip-debug", a.martletd, work + "/martletd"], check=True)
        for s in cfg["scenarios"]:
            if a.scenarios and s["name"] not in a.scenarios.split(",") or s["metric"] != "cpu_us_per_delivery":
                continue
            base, row = None, []
            for b in brokers:
                if s.get("brokers") and b["name"] not in s["brokers"]:
                    row.append("-")
                    continue
                n, each = count(b, s, a, work)
                base = base or (n, each)
                row.append("%.0f (%.2fx)" % (n, n / base[0]))
                grown = {k: v - base[1].get(k, 0) for k, v in each.items()}
                for k in sorted(grown, key=grown.get, reverse=True)[: a.functions]:
                    if grown[k] >= 1:
                        print("%s %s: %7.0f %7.0f  %s" % (s["name"], b["name"], each[k] - grown[k], each[k], k), flush=True)
            lines.append("| %s | %s |" % (s["name"], " | ".join(row)))
            print(lines[-1], flush=True)
    print("\n".join(lines))
    if a.markdown:
        with open(a.markdown, "w") as f:
            f.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
