"""How fast reports of 9 kB are imported and published, and how that grows: figures of one run, to be read as ratios."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

SENTENCES = [
    "全年工作按计划推进，各项指标总体平稳。",
    "部分环节的衔接还不够紧密，需要继续改进。",
    "下一步将逐项核对数据，统一口径。",
]


def report(number: int) -> str:
    body = "\n".join(
        f"{'一二三四五六'[section]}、第{section + 1}部分\n" + "".join(SENTENCES * 8) for section in range(6)
    )
    return (
        f"第{number}号报告\n"
        + body.replace("部分\n", "部分\n", 1).replace("继续改", "继续##paidbegin##改", 1)
        + "##paidend##\n"
    )


def timed(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        seconds = {}
        for count in (500, 1000, 2000):
            reports = place / str(count)
            reports.mkdir()
            for number in range(count):
                (reports / f"{number}.txt").write_text(report(number), encoding="utf-8")
            command = [sys.executable, "-m", "webapp", "import", str(reports), "--publish"]
            command += ["--instance", str(place / f"instance-{count}")]
            seconds[count] = timed(command)
            again = timed(command)
            size = len(report(0).encode())
            print(f"{count} reports of {size} bytes: {seconds[count]:.1f} s; again, unchanged: {again:.1f} s")
        print(
            f"twice the reports take {seconds[1000] / seconds[500]:.2f} and {seconds[2000] / seconds[1000]:.2f} times"
        )


if __name__ == "__main__":
    main()
