#!/usr/bin/python3
"""A case of VICS without media in and out again: records a second of `assay import --profile` and
of `assay answer`, beside reading and checking alone (`--dry-run`), and how much memory each took.
"""
import hashlib
import os
import subprocess
import sys
import tempfile
import time

from bench_import import BUILD

RECORDS = int(os.environ.get("BENCH_RECORDS", "200000"))
CONTEXT = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/UK/$metadata#Cases"
ASSAY = os.path.join(BUILD, "assay")


def make_case(path):
    with open(path, "w", encoding="utf-8") as file:
        file.write('{"@odata.context":"%s","value":[{"CaseID":"x","CaseNumber":"1","Media":['
                   % CONTEXT)
        for number in range(RECORDS):
            md5 = hashlib.md5(b"%d" % number).hexdigest()
            sha1 = hashlib.sha1(b"%d" % number).hexdigest()
            file.write('%s{"MediaID":%d,"Category":%d,"MD5":"%s","SHA1":"%s","MediaSize":%d,'
                       '"RelativeFilePath":"Files\\\\%s","Tags":"a,b","MediaFiles":[{"MD5":"%s",'
                       '"FileName":"p%d.jpg","FilePath":"Pictures\\\\"}],"MediaMetadata":[]}'
                       % ("," if number else "", number, number % 3, md5, sha1, 1000 + number, md5,
                          md5, number))
        file.write("]}]}")


def timed(env, *command):
    """Wall and processor seconds and peak resident MB of one run, which may say that media miss."""
    start = time.monotonic()
    child = subprocess.Popen([ASSAY, *command], env=env, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        sys.exit(f"assay {command[0]} ended with {os.waitstatus_to_exitcode(status)}")
    return time.monotonic() - start, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def main():
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as top:
        case, media = os.path.join(top, "case.json"), os.path.join(top, "media")
        env = dict(os.environ, ASSAY_DATA=os.path.join(top, "data"), XDG_CONFIG_HOME=top)
        make_case(case)
        os.mkdir(media)
        subprocess.run([ASSAY, "init", "--training"], env=env, check=True, capture_output=True)
        size = os.path.getsize(case) / 1e6
        taking = ("import", "--profile", "training", "--media", media)
        print(f"{RECORDS} records, {size:.0f} MB, no media")
        print(f"{'':26}{'wall s':>8} {'CPU s':>7} {'records/s':>10} {'resident MB':>12}")
        for name, command in (
                ("read and checked alone", (*taking, "--dry-run", case)),
                ("import", (*taking, "--batch", "b", "--later", case)),
                ("answer", ("answer", "b", "-o", os.path.join(top, "out")))):
            wall, cpu, memory = timed(env, *command)
            print(f"{name:26}{wall:8.1f} {cpu:7.1f} {RECORDS / wall:10.0f} {memory:12.0f}")


main()
