/* Goes through a ZIP archive's entries: what is refused, what the local header says, unpacking. */
#include "decoder/zip.h"

#include <string.h>
#include <zlib.h>

#include "base/mem.h"
#include "decoder/zip_impl.h"

#define LOCAL_BYTES      30
#define FLAG_ENCRYPTED   (1u << 0)
#define FLAG_LATER       (1u << 3) /* checksum and sizes stand behind the bytes */
#define FLAG_PATCH       (1u << 5)
#define FLAG_STRONG      (1u << 6)
#define FLAG_MASKED      (1u << 13) /* parts of the directory are encrypted */
#define METHOD_STORED    0
#define METHOD_DEFLATE   8
#define METHOD_AES       99
#define HOST_UNIX        3
#define HOST_MAC         19
#define MODE_KIND        0170000u
#define MODE_LINK        0120000u
#define MODE_FILE        0100000u
#define MODE_FOLDER      0040000u
#define ATTRIBUTE_FOLDER 0x10u
#define CUT_NAME_BYTES   200 /* of a name that is too long */

/* What the directory alone tells against an entry. */
static enum unpack_fault judge(const struct zip *z, const struct zip_span *s, size_t name_size)
{
    const struct zip_central *c = &z->entry;
    enum unpack_fault fault = unpack_name_fault(z->name, name_size);
    unsigned host = c->made_by >> 8;
    uint32_t kind = c->attributes >> 16 & MODE_KIND;

    if (fault != UNPACK_FINE)
        return fault;
    if ((host == HOST_UNIX || host == HOST_MAC) && kind == MODE_LINK)
        return UNPACK_LINK;
    if ((host == HOST_UNIX || host == HOST_MAC) && kind != 0 && kind != MODE_FILE &&
        kind != MODE_FOLDER)
        return UNPACK_SPECIAL;
    if (z->name[name_size - 1] == '/')
        return UNPACK_FOLDER;
    if ((c->flags & (FLAG_ENCRYPTED | FLAG_STRONG | FLAG_MASKED)) != 0 || c->method == METHOD_AES)
        return UNPACK_ENCRYPTED;
    if ((c->method != METHOD_STORED && c->method != METHOD_DEFLATE) || (c->flags & FLAG_PATCH) != 0)
        return UNPACK_METHOD;
    if (s->end == UINT64_MAX)
        return UNPACK_PLACE;
    if (s->shared)
        return UNPACK_OVERLAP;
    if (c->method == METHOD_STORED && c->packed != c->unpacked)
        return UNPACK_SIZE;
    if (c->unpacked > z->limits->entry_bytes)
        return UNPACK_LARGE;
    if (c->unpacked > UNPACK_RATIO_FREE_BYTES && c->unpacked / z->limits->ratio_max > c->packed)
        return UNPACK_RATIO;
    return UNPACK_FINE;
}

/* What the header before the bytes tells against it; *data_at is where they begin. */
static enum unpack_fault judge_local(struct zip *z, const struct zip_span *s, uint64_t *data_at)
{
    const struct zip_central *c = &z->entry;
    unsigned char r[LOCAL_BYTES];

    if (!zip_get(z, &z->locals, c->local_at, r, sizeof r) || memcmp(r, "PK\x03\x04", 4) != 0)
        return UNPACK_LOCAL;
    unsigned flags = (unsigned)zip_le(r + 6, 2);
    size_t name_size = (size_t)zip_le(r + 26, 2), extra_size = (size_t)zip_le(r + 28, 2);
    uint64_t packed = zip_le(r + 18, 4), unpacked = zip_le(r + 22, 4);
    *data_at = c->local_at + LOCAL_BYTES + name_size + extra_size;
    if (*data_at > s->limit || c->packed > s->limit - *data_at)
        return UNPACK_OVERLAP;
    if (name_size != c->name_size ||
        !zip_get(z, &z->locals, c->local_at + LOCAL_BYTES, z->local_name, name_size) ||
        memcmp(z->local_name, c->name, name_size) != 0 ||
        !zip_get(z, &z->locals, c->local_at + LOCAL_BYTES + name_size, z->extra, extra_size))
        return UNPACK_LOCAL;
    if (zip_le(r + 8, 2) != c->method || ((flags ^ c->flags) & FLAG_ENCRYPTED) != 0)
        return UNPACK_LOCAL;
    if ((flags & FLAG_LATER) != 0)
        return UNPACK_FINE;
    if (!zip_wide(z, extra_size, &unpacked, &packed, NULL) || zip_le(r + 14, 4) != c->crc ||
        packed != c->packed || unpacked != c->unpacked)
        return UNPACK_LOCAL;
    return UNPACK_FINE;
}

static bool send(struct zip *z, const void *bytes, size_t size)
{
    if (size > 0 && !z->host->data(z->host->ctx, bytes, size))
        z->gone = true;
    return !z->gone;
}

/* The next piece of the packed bytes into z->in; its size, 0 at their end or when gone. */
static size_t next_piece(struct zip *z, uint64_t *at, uint64_t *left)
{
    size_t size = *left < sizeof z->in ? (size_t)*left : sizeof z->in;

    if (size == 0)
        return 0;
    if (!z->host->read(z->host->ctx, *at, z->in, size)) {
        z->gone = true;
        return 0;
    }
    *at += size;
    *left -= size;
    return size;
}

static enum unpack_fault copy_stored(struct zip *z, uint64_t at)
{
    uint64_t left = z->entry.packed;
    uLong crc = crc32(0, NULL, 0);
    size_t size;

    while ((size = next_piece(z, &at, &left)) > 0) {
        crc = crc32(crc, z->in, (uInt)size);
        if (!send(z, z->in, size))
            break;
    }
    return crc == z->entry.crc ? UNPACK_FINE : UNPACK_CHECKSUM;
}

/* Unpack to the stream's end and not a byte more than the directory says. */
static enum unpack_fault inflate_entry(struct zip *z, uint64_t at)
{
    const struct zip_central *c = &z->entry;
    uint64_t left = c->packed, made = 0;
    uLong crc = crc32(0, NULL, 0);
    z_stream s = {0};
    int rc = Z_OK;

    if (inflateInit2(&s, -MAX_WBITS) != Z_OK)
        return UNPACK_BROKEN;
    while (rc == Z_OK && !z->gone) { /* Z_BUF_ERROR: it wants more than there is */
        if (s.avail_in == 0) {
            s.avail_in = (uInt)next_piece(z, &at, &left);
            s.next_in = z->in;
        }
        s.next_out = z->out;
        s.avail_out = sizeof z->out;
        rc = inflate(&s, Z_NO_FLUSH);
        size_t size = sizeof z->out - s.avail_out;
        made += size;
        if (made > c->unpacked)
            break;
        crc = crc32(crc, z->out, (uInt)size);
        if (!send(z, z->out, size))
            break;
    }
    bool all_used = s.avail_in == 0 && left == 0;
    (void)inflateEnd(&s);
    if (made > c->unpacked || (rc == Z_STREAM_END && (made != c->unpacked || !all_used)))
        return UNPACK_SIZE;
    if (rc != Z_STREAM_END)
        return UNPACK_BROKEN;
    return crc == c->crc ? UNPACK_FINE : UNPACK_CHECKSUM;
}

static void give(struct zip *z, const struct zip_span *s)
{
    const struct zip_central *c = &z->entry;
    size_t name_size = zip_name_utf8(c->name, c->name_size, z->name);
    enum unpack_fault fault = judge(z, s, name_size);
    uint64_t data_at = 0;

    if (fault == UNPACK_FOLDER && c->unpacked == 0)
        return;
    if (fault == UNPACK_FINE)
        fault = judge_local(z, s, &data_at);
    if (z->gone)
        return;
    if (fault == UNPACK_NUL)
        name_size = strnlen(z->name, name_size);
    if (name_size > UNPACK_NAME_MAX)
        for (name_size = CUT_NAME_BYTES; ((unsigned char)z->name[name_size] & 0xc0) == 0x80;)
            name_size--; /* between characters */
    const struct unpack_entry entry = {
        .name = z->name, .packed = c->packed, .unpacked = c->unpacked};
    if (!z->host->entry(z->host->ctx, &entry, name_size, fault)) {
        z->gone = true;
        return;
    }
    if (fault != UNPACK_FINE)
        return;
    z->total += c->unpacked;
    fault = c->method == METHOD_STORED ? copy_stored(z, data_at) : inflate_entry(z, data_at);
    if (!z->gone && !z->host->end(z->host->ctx, fault))
        z->gone = true;
}

static enum unpack_answer walk(struct zip *z)
{
    enum unpack_answer answer = zip_find_directory(z);

    if (answer == UNPACK_GOOD)
        answer = zip_survey(z);
    if (answer != UNPACK_GOOD)
        return answer;
    uint64_t at = z->directory_at;
    for (uint64_t i = 0; i < z->count && !z->gone; i++) {
        if (!zip_central_at(z, at))
            return UNPACK_CONTRADICTS; /* it was read once, so it changed meanwhile */
        if (z->entry.unpacked <= z->limits->entry_bytes &&
            z->entry.unpacked > z->limits->total_bytes - z->total)
            return UNPACK_TOTAL;
        give(z, &z->spans[i]);
        at = z->entry.next;
    }
    return UNPACK_GOOD;
}

enum unpack_answer zip_walk(const struct zip_host *host, const struct unpack_limits *limits)
{
    struct zip *z = mem_try(sizeof *z);

    if (z == NULL)
        return UNPACK_MEMORY;
    memset(z, 0, sizeof *z);
    z->host = host;
    z->limits = limits;
    enum unpack_answer answer = walk(z);
    if (z->gone)
        answer = UNPACK_BAD_REQUEST;
    mem_free(z->spans);
    mem_wipe_free(z, sizeof *z);
    return answer;
}
