# SPDX-License-Identifier: Apache-2.0
"""swap-can: captures as lines and JSON, streams, mistakes with their line, exit statuses."""
import json
import subprocess

import harness

CAPTURE = """\
(3257.600000) can0 1CEC56F4#100D0002FF000600
(3257.600000) can0 1CECF456#110201FFFF000600
(3257.600000) can0 1CEB56F4#019E01B80B4E008E
(3257.600000) can0 1CEB56F4#02176ECA032413FF
(3257.600000) can0 1CECF456#130D0002FF000600
(3276.000000) can0 081E56F4#F0F0F1FC
(3276.100000) can0 123#0102
"""


def can(*words, text=None):
    return subprocess.run(
        [f"{harness.binaries()}/swap-can", *words], input=text, capture_output=True, text=True, timeout=20
    )


def test_captures_are_readable(tmp_path):
    capture = tmp_path / "capture.log"
    capture.write_text(CAPTURE)
    done = can("decode", str(capture))
    assert done.returncode == 0 and done.stderr == ""
    lines = done.stdout.splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("3257.600000 can0  pack    BCP  max cell 4.14 V, max current -100.0 A")
    assert lines[1] == "3276.000000 can0  pack    BEM  CCS time-out"
    assert lines[2] == "3276.100000 can0  frame   123 [2] 01 02"
    assert len(can("decode", "--raw", str(capture)).stdout.splitlines()) == 7
    rows = [json.loads(row) for row in can("decode", "--json", "-", text=CAPTURE).stdout.splitlines()]
    assert rows[0]["message"] == "BCP" and rows[0]["fields"]["soc_percent"] == 97
    assert rows[0]["data"] == "9E01B80B4E008E176ECA032413" and rows[0]["time"] == 3257.6
    assert rows[1]["fields"]["ccs"] == "time-out" and rows[1]["fields"]["cst"] == "normal"
    assert rows[2] == {"time": 3276.1, "interface": "can0", "frame": "123", "data": "0102"}


def test_mistakes_are_named(tmp_path):
    done = can("decode", "-", text=CAPTURE + "can0 12G#00\n")
    assert done.returncode == 65 and len(done.stdout.splitlines()) == 3
    assert "standard input:8: identifier '12G'" in done.stderr
    assert can("decode", str(tmp_path / "none.log")).returncode == 66
    assert "neither a file nor a network interface" in can("decode", "can99").stderr
    for words in [], ["encode", "x"], ["decode"], ["decode", "-", "x"], ["decode", "--for", "1", "-"]:
        assert can(*words, text="").returncode == 64, words
    help_text = can("--help")
    assert help_text.returncode == 0 and "decode" in help_text.stdout
    assert can("--version").returncode == 0
    with open("/dev/full", "w") as full:
        done = subprocess.run([f"{harness.binaries()}/swap-can", "decode", "-"], input=CAPTURE,
                              stdout=full, stderr=subprocess.PIPE, text=True, timeout=20)
    assert done.returncode == 74 and "cannot be written" in done.stderr
