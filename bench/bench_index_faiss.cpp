// Faiss's binary indexes beside ours, in one run: each search alone, on one thread, within 31 bits.
#include <malloc.h>
#include <omp.h>

#include <cassert>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include <faiss/IndexBinaryFlat.h>
#include <faiss/IndexBinaryHash.h>
#include <faiss/impl/AuxIndexStructures.h>

extern "C" {
#include "index_truth.h"
}

namespace {

constexpr unsigned bits = 8 * ASSAY_INDEX_HASH_BYTES, radius = 31, kinds = 4;
constexpr size_t queries = 2000;
constexpr int64_t part_ns = 3000000000; // processor time for one figure

// How many hits each query has, by our fast form, which is held against the truth.
std::vector<size_t> hit_counts(queries);

struct subject {
    std::string name;
    std::function<void()> build;
    std::function<size_t(size_t)> search; // query's number; returns how many hits there are
};

// What is in use of the heap, without the hashes that the workload holds.
size_t heap_bytes()
{
    const struct mallinfo2 m = mallinfo2();
    return m.uordblks + m.hblkhd;
}

void measure(const subject &s, size_t count, bool is_first)
{
    std::vector<int64_t> took;
    int64_t sum = 0;
    size_t found = 0, wanted = 0;

    const size_t before = heap_bytes();
    int64_t begin = cpu_ns();
    s.build();
    const double built_s = static_cast<double>(cpu_ns() - begin) / 1e9;
    const size_t bytes = heap_bytes() - before;
    for (size_t q = 0; q < queries && (q < 10 || sum < part_ns); q++) {
        begin = cpu_ns();
        const size_t hits = s.search(q);
        took.push_back(cpu_ns() - begin);
        sum += took.back();
        if (is_first)
            hit_counts[q] = hits;
        found += hits;
        wanted += hit_counts[q];
    }
    const figures f = figures_of(took.data(), took.size());
    std::printf("%-24s %8.2f %8.1f %10.1f %10.1f %10.1f %8zu %8.6f\n", s.name.c_str(), built_s,
                static_cast<double>(bytes) / static_cast<double>(count), f.mean_us, f.p50_us,
                f.p99_us, took.size(),
                wanted == 0 ? 1.0 : static_cast<double>(found) / static_cast<double>(wanted));
    std::fflush(stdout);
}

void must(bool good)
{
    if (!good)
        std::abort();
}

// Ours; the answers that are known are checked.
void measure_ours(const workload &w, assay_index_form form, bool is_first)
{
    assay_index *ix = nullptr;
    assay_index_reader *r = nullptr;
    const assay_index_hit *hits = nullptr;
    size_t count = 0;

    subject s;
    s.name = form == ASSAY_INDEX_FAST ? "assay, fast" : "assay, compact";
    s.build = [&] {
        must(assay_index_new(&ix) == ASSAY_OK);
        assay_index_set_form(ix, form);
        must(assay_index_add_many(ix, w.hashes, w.ids, w.count) == ASSAY_OK);
        must(assay_index_reader_new(ix, &r) == ASSAY_OK);
    };
    s.search = [&](size_t q) {
        must(assay_index_search(r, w.queries + q * ASSAY_INDEX_HASH_BYTES, radius, &hits, &count) ==
             ASSAY_OK);
        if (q < CHECKED)
            workload_check(&w, q, radius, hits, count);
        return count;
    };
    measure(s, w.count, is_first);
    assay_index_reader_free(r);
    assay_index_free(ix);
}

// Its radius is exclusive.
void measure_faiss(const workload &w, const std::string &name, faiss::IndexBinary &index)
{
    subject s;
    s.name = name;
    s.build = [&] { index.add(static_cast<faiss::IndexBinary::idx_t>(w.count), w.hashes); };
    s.search = [&](size_t q) {
        faiss::RangeSearchResult result(1);
        index.range_search(1, w.queries + q * ASSAY_INDEX_HASH_BYTES, radius + 1, &result);
        return result.lims[1];
    };
    measure(s, w.count, false);
}

void compare(const workload &w)
{
    std::printf("%s, %zu hashes, radius %u\n", w.name, w.count, radius);
    std::printf("%-24s %8s %8s %10s %10s %10s %8s %8s\n", "", "build s", "B/hash", "mean us",
                "p50 us", "p99 us", "queries", "found");
    measure_ours(w, ASSAY_INDEX_FAST, true);
    measure_ours(w, ASSAY_INDEX_COMPACT, false);
    {
        faiss::IndexBinaryFlat flat(bits);
        measure_faiss(w, "Faiss Flat", flat);
    }
    {
        faiss::IndexBinaryMultiHash many(bits, 16, 16);
        many.nflip = 1;
        measure_faiss(w, "Faiss MultiHash 16x16/1", many);
    }
    {
        faiss::IndexBinaryMultiHash many(bits, 11, 23);
        many.nflip = 2;
        measure_faiss(w, "Faiss MultiHash 11x23/2", many);
    }
    {
        faiss::IndexBinaryHash one(bits, 16);
        one.nflip = 2;
        measure_faiss(w, "Faiss Hash 16/2", one);
    }
}

} // namespace

// bench_index_faiss [COUNT | WORKLOAD]...: a million of two workloads when nothing is named.
int main(int argc, char **argv)
{
    std::vector<unsigned> chosen;
    size_t count = 1000000;

    for (int i = 1; i < argc; i++) {
        for (unsigned k = 0; k < kinds; k++) {
            if (std::strcmp(argv[i], workload_name(k)) == 0)
                chosen.push_back(k);
        }
        if (std::strtoul(argv[i], nullptr, 10) > 0)
            count = std::strtoul(argv[i], nullptr, 10);
    }
    if (chosen.empty())
        chosen = {1, 2};
    omp_set_num_threads(1);
    for (const unsigned kind : chosen) {
        workload w;
        workload_init(&w, kind, count, queries);
        compare(w);
        workload_clear(&w);
    }
    return 0;
}
