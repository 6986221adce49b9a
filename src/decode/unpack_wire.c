/* The bytes of assay-unpack's protocol, and what both sides know of names. */
#include "decode/unpack_wire.h"

#include <string.h>

const struct unpack_limits unpack_limits_default = {
    .entries_max = 100000,
    .ratio_max = 200,
    .depth_max = 3,
    .entry_bytes = 4ull << 30,
    .total_bytes = 100ull << 30,
};

const char *unpack_fault_text(enum unpack_fault fault)
{
    static const char *const texts[UNPACK_FAULTS] = {
        [UNPACK_FINE] = "nothing is wrong with it",
        [UNPACK_ENCRYPTED] = "it is encrypted; ask the sender for it without",
        [UNPACK_METHOD] = "it is packed by a method that is not read (stored and deflate are)",
        [UNPACK_LINK] = "a symbolic link",
        [UNPACK_SPECIAL] = "neither a file nor a folder",
        [UNPACK_FOLDER] = "a folder that carries bytes",
        [UNPACK_NO_NAME] = "it has no name",
        [UNPACK_LONG] = "its name is longer than 4,096 bytes",
        [UNPACK_NUL] = "its name has a zero byte in it",
        [UNPACK_ABSOLUTE] = "its name begins at a root or a drive",
        [UNPACK_UPWARDS] = "its name leads upwards (..)",
        [UNPACK_OVERLAP] = "its bytes are another entry's too, as in an archive that is a bomb",
        [UNPACK_PLACE] = "its bytes would lie outside of the archive",
        [UNPACK_LOCAL] = "the header before its bytes contradicts the archive's directory",
        [UNPACK_LARGE] = "it is larger than an entry may be (archive.entry_bytes)",
        [UNPACK_RATIO] = "it grows more than it may (archive.ratio_max), as a bomb does",
        [UNPACK_SIZE] = "it unpacks to another size than the archive says",
        [UNPACK_CHECKSUM] = "its checksum is wrong: it is damaged",
        [UNPACK_BROKEN] = "its packed bytes are damaged",
    };

    return (unsigned)fault < UNPACK_FAULTS ? texts[fault] : "it is refused for an unknown reason";
}

static bool is_slash(char c)
{
    return c == '/' || c == '\\';
}

enum unpack_fault unpack_name_fault(const char *name, size_t size)
{
    if (size == 0)
        return UNPACK_NO_NAME;
    if (memchr(name, '\0', size) != NULL)
        return UNPACK_NUL;
    if (size > UNPACK_NAME_MAX)
        return UNPACK_LONG;
    bool letter = (name[0] >= 'A' && name[0] <= 'Z') || (name[0] >= 'a' && name[0] <= 'z');
    if (is_slash(name[0]) || (letter && size >= 2 && name[1] == ':'))
        return UNPACK_ABSOLUTE;
    for (size_t at = 0; at < size; at++) {
        if ((at == 0 || is_slash(name[at - 1])) && size - at >= 2 && name[at] == '.' &&
            name[at + 1] == '.' && (size - at == 2 || is_slash(name[at + 2])))
            return UNPACK_UPWARDS;
    }
    return UNPACK_FINE;
}

static void put(unsigned char *out, uint64_t v, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        out[i] = (unsigned char)(v >> (8 * i));
}

static uint64_t get(const unsigned char *in, unsigned bytes)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < bytes; i++)
        v |= (uint64_t)in[i] << (8 * i);
    return v;
}

void unpack_request_put(const struct unpack_request *r, unsigned char *out)
{
    memset(out, 0, UNPACK_REQUEST_BYTES);
    memcpy(out, "ASUQ", 4);
    put(out + 4, UNPACK_VERSION, 4);
    put(out + 8, r->size, 8);
    put(out + 16, r->limits.entries_max, 4);
    put(out + 20, r->limits.ratio_max, 4);
    put(out + 24, r->limits.entry_bytes, 8);
    put(out + 32, r->limits.total_bytes, 8);
}

enum assay_err unpack_request_get(const unsigned char *in, struct unpack_request *out)
{
    if (memcmp(in, "ASUQ", 4) != 0 || get(in + 4, 4) != UNPACK_VERSION)
        return ASSAY_EFORMAT;
    *out = (struct unpack_request){.size = get(in + 8, 8),
                                   .limits = {.entries_max = (uint32_t)get(in + 16, 4),
                                              .ratio_max = (uint32_t)get(in + 20, 4),
                                              .entry_bytes = get(in + 24, 8),
                                              .total_bytes = get(in + 32, 8)}};
    return ASSAY_OK;
}

void unpack_head_put(const struct unpack_head *h, unsigned char *out)
{
    put(out, h->message, 4);
    put(out + 4, h->size, 4);
    put(out + 8, h->value, 8);
}

enum assay_err unpack_head_get(const unsigned char *in, struct unpack_head *out, struct err *e)
{
    static const struct {
        uint32_t min, max;
    } sizes[] = {
        [UNPACK_READ] = {1, UNPACK_PIECE_BYTES},
        [UNPACK_ENTRY] = {UNPACK_ENTRY_BYTES, UNPACK_ENTRY_BYTES + UNPACK_NAME_MAX},
        [UNPACK_DATA] = {1, UNPACK_PIECE_BYTES},
        [UNPACK_END] = {0, 0},
        [UNPACK_DONE] = {0, 0},
    };
    struct unpack_head h = {(uint32_t)get(in, 4), (uint32_t)get(in + 4, 4), get(in + 8, 8)};

    if (h.message < UNPACK_READ || h.message > UNPACK_DONE)
        return err_set(e, ASSAY_EDAMAGED, "unpacker: message %u is none", h.message);
    if (h.size < sizes[h.message].min || h.size > sizes[h.message].max)
        return err_set(e, ASSAY_EDAMAGED, "unpacker: message %u of %u bytes", h.message, h.size);
    if (h.message == UNPACK_END && h.value >= UNPACK_FAULTS)
        return err_set(e, ASSAY_EDAMAGED, "unpacker: an unknown fault");
    if (h.message == UNPACK_DONE && (h.value < UNPACK_GOOD || h.value >= UNPACK_ANSWERS))
        return err_set(e, ASSAY_EDAMAGED, "unpacker: an unknown answer");
    *out = h;
    return ASSAY_OK;
}
