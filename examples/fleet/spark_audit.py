#!/usr/bin/env python3
"""Audits a folder of modules with Apache Spark: a folder in, Parquet out.

    spark-submit spark_audit.py FOLDER OUT.parquet [--heapbump PATH] [--partitions N] [-- AUDIT OPTIONS...]

Every worker sees the folder under the same path (a network file system, or one machine), and heapbump is installed on
it. Each partition is one `heapbump audit` process: names in, JSON Lines out. A process that fails fails the task, and
Spark tries it again elsewhere. The table has a row for each file; `details` is the rest of its line, as JSON.
"""
import argparse
import json
import os
import shlex

SCHEMA = ("file string, verdict string, `group` string, reason string, rule string, message string, next string, "
          "size long, sha256 string, toolchain string, strategy string, details string")


def names(folder):
    """The regular files below a folder, relative to it. Links are not followed."""
    for where, folders, files in os.walk(folder):
        folders.sort()
        for name in files:
            path = os.path.join(where, name)
            if not os.path.islink(path) and os.path.isfile(path):
                yield os.path.relpath(path, folder)


def is_wasm(path):
    """As `heapbump audit` chooses among the files of a folder: by the first bytes, or by the name."""
    with open(path, "rb") as file:
        return file.read(4) == b"\0asm" or path.endswith(".wasm")


def rows(lines):
    """A row for each file; the first line of a process, and its summary, are its own."""
    for text in lines:
        line = json.loads(text)
        if line["type"] != "file":
            continue
        details = line["details"] or {}
        toolchain = details.get("toolchain") or {}
        reason = line["reason"]
        yield (line["file"], line["verdict"], line["group"], reason["id"], reason["rule"], reason["message"],
               line["next"], line["size"], line["sha256"], toolchain.get("name"), details.get("strategy"),
               json.dumps(line["details"]) if line["details"] else None)


def main():
    parser = argparse.ArgumentParser(description="heapbump audit under Spark: a folder in, Parquet out")
    parser.add_argument("folder")
    parser.add_argument("out")
    parser.add_argument("--heapbump", default="heapbump")
    parser.add_argument("--partitions", type=int, default=None, help="processes; more than there are cores evens them out")
    parser.add_argument("options", nargs="*", help="after --: further options of heapbump audit")
    arguments = parser.parse_args()

    from pyspark.sql import SparkSession  # pylint: disable=import-outside-toplevel

    folder = os.path.abspath(arguments.folder)
    spark = SparkSession.builder.appName("heapbump audit").getOrCreate()
    context = spark.sparkContext
    files = sorted(name for name in names(folder) if is_wasm(os.path.join(folder, name)))
    partitions = arguments.partitions or min(max(1, len(files)), 4 * context.defaultParallelism)
    # Names end in a line break for pipe(), so a name that has one in it cannot be asked for this way.
    odd = [name for name in files if "\n" in name]
    if odd:
        raise SystemExit(f"a name with a line break in it: {odd[0]!r}")
    command = [arguments.heapbump, "audit", "--files-from", "-", "--root", folder, "--jobs", "1", "--quiet"]
    # A worker's current folder is Spark's own, so names are absolute on the way in.
    table = (context.parallelize([os.path.join(folder, name) for name in files], partitions)
             .pipe(shlex.join(command + arguments.options), checkCode=True)
             .mapPartitions(rows)
             .toDF(SCHEMA))
    table.write.mode("overwrite").parquet(arguments.out)
    totals = spark.read.parquet(arguments.out).groupBy("verdict").count().collect()
    print(json.dumps({row["verdict"]: row["count"] for row in sorted(totals)}, sort_keys=True))
    spark.stop()


if __name__ == "__main__":
    main()
