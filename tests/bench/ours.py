"""What of a demo run is ours: CPU time, whole time and peak memory, beside the plain import of LangGraph.

    python tests/bench/ours.py [SCOPE]

Seconds depend on the machine and on what else runs there; the ratio to an import that was measured in between hardly
does. The first run makes the sample world if it is not there yet.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

IMPORT = "import langgraph.graph, time; print(time.process_time())"
RUNS = 3


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, cwd=ROOT, check=True)


def seconds(value: str, unit: str) -> float:
    return float(value.replace(",", "")) * {"µs": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0}[unit]


def main(scope: str) -> None:
    python("-m", "agents", "demo", "--scope", scope)
    ratios = []
    for _ in range(RUNS):
        plain = min(float(python("-c", IMPORT).stdout) for _ in range(3))
        said = python("-m", "agents", "demo", "--scope", scope).stderr.splitlines()[-1]
        ours = seconds(*re.search(r"ours (\S+) (\S+)", said).groups())
        ratios.append(ours / plain)
        load = os.getloadavg()[0]
        print(
            f"{said}; importing langgraph {plain:.2f} s; ours is {ours / plain:.2f} of that; load {load:.1f}",
            flush=True,
        )
    print(f"least: {min(ratios):.2f} of an import of langgraph")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "f2")
