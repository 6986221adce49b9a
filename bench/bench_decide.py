#!/usr/bin/python3
"""Decisions acknowledged on disk a second, with 1 and 50 clients, beside bare transactions.

A client takes leases and decides by the API as the console does; each acknowledgement is on the
disk, with the record's entry, before it is sent. The limit beside it is bench_store's: transactions
of three rows that the store's one writer commits in groups, no HTTP, no rules, no record. Both take
turns on the same disk; medians are printed.
"""
import os
import re
import statistics
import sys

from workspace import ASSAY, Workspace, program

CLIENTS = (1, 50)
SECONDS = int(os.environ.get("BENCH_SECONDS", "6"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
TASKS_A_SECOND = 4000 # that are laid ready; more than are decided


def main():
    rounds = {clients: [] for clients in CLIENTS}
    bare = {clients: [] for clients in CLIENTS}
    with Workspace() as w:
        tokens = w.fill(TASKS_A_SECOND * SECONDS * ROUNDS, max(CLIENTS))
        address = w.serve()
        for _ in range(ROUNDS):
            for clients in CLIENTS:
                rounds[clients].append(w.decide(address, tokens, clients, SECONDS))
            said = w.run(program("bench_store"))
            for clients in CLIENTS:
                bare[clients].append(int(re.search(r"threads=%d acked_per_s=(\d+)" % clients,
                                                   said).group(1)))
        w.stop()
        stats = w.stats()
        counted = sum(r["decided"] for several in rounds.values() for r in several)
        assert stats["decisions"] >= counted, (stats, counted)
        w.run(ASSAY, "audit", "verify")
    print("%d rounds of %d s, medians; the record was verified after" % (ROUNDS, SECONDS))
    print("clients  decisions/s   p50 ms   p95 ms   p99 ms   bare transactions/s   ratio")
    for clients in CLIENTS:
        m = {key: statistics.median(r[key] for r in rounds[clients])
             for key in ("per_s", "p50_ms", "p95_ms", "p99_ms")}
        limit = statistics.median(bare[clients])
        print("%7d  %11.0f  %7.1f  %7.1f  %7.1f  %20.0f   %5.2f"
              % (clients, m["per_s"], m["p50_ms"], m["p95_ms"], m["p99_ms"], limit,
                 m["per_s"] / limit))


if __name__ == "__main__":
    sys.exit(main())
