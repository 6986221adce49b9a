/* One hash as text: which kind it is, and those that stand for nothing. */
#include <ctype.h>
#include <string.h>

#include "base/str.h"
#include "format/listfile_impl.h"

/* Of no bytes: in a list they would match every empty file. */
static const char *const of_nothing[] = {
    "d41d8cd98f00b204e9800998ecf8427e", "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"};

/* In the order of the bits of enum listfile_has. */
static const struct {
    const char *name;
    size_t bytes;
} kinds[] = {{"md5", 16}, {"sha1", 20}, {"sha256", 32}, {"pdq", 32}, {"pdq_oriented", 32}};

static uint8_t *place(struct listfile_record *r, unsigned bit)
{
    return bit == LISTFILE_MD5      ? r->md5
           : bit == LISTFILE_SHA1   ? r->sha1
           : bit == LISTFILE_SHA256 ? r->sha256
           : bit == LISTFILE_PDQ    ? r->pdq
                                    : r->pdq_oriented;
}

static size_t bit_number(unsigned bit)
{
    size_t i = 0;

    while (i + 1 < sizeof kinds / sizeof kinds[0] && bit != 1u << i)
        i++;
    return i;
}

#define PLAIN_MAX 24

/* Names as people write them: "SHA-1", "sha_256", "Pdq Hash". Longer ones are none of ours: "". */
static size_t make_plain(const char *name, size_t size, char *plain)
{
    size_t n = 0;

    for (size_t i = 0; i < size && n < PLAIN_MAX; i++) {
        if (name[i] != '-' && name[i] != '_' && name[i] != ' ')
            plain[n++] = (char)tolower((unsigned char)name[i]);
    }
    if (n == PLAIN_MAX)
        n = 0;
    plain[n] = '\0';
    return n;
}

unsigned listfile_column(const char *name, size_t size)
{
    char plain[PLAIN_MAX];
    const unsigned bits = listfile_kind(name, size);

    (void)make_plain(name, size, plain);
    if (str_equal(plain, "pdqquality") || str_equal(plain, "quality"))
        return LISTFILE_QUALITY;
    if (str_equal(plain, "pdqreason"))
        return LISTFILE_REASON;
    return str_equal(plain, "hash") || str_equal(plain, "hashvalue") ? LISTFILE_UNNAMED : bits;
}

unsigned listfile_kind(const char *name, size_t size)
{
    char plain[PLAIN_MAX];
    const size_t n = make_plain(name, size, plain);

    if (n > 4 && strcmp(plain + n - 4, "hash") == 0)
        plain[n - 4] = '\0';
    if (str_equal(plain, "pdqoriented"))
        return LISTFILE_ORIENTED;
    if (str_equal(plain, "videomd5")) /* as python-threatexchange calls that of a film */
        return LISTFILE_MD5;
    for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (str_equal(kinds[i].name, plain))
            return 1u << i;
    }
    return 0;
}

static bool stands_for_nothing(const char *hex, size_t size)
{
    if (strspn(hex, "0") == size)
        return true;
    for (size_t i = 0; i < sizeof of_nothing / sizeof of_nothing[0]; i++) {
        if (strcasecmp(hex, of_nothing[i]) == 0)
            return true;
    }
    return false;
}

const char *listfile_value(const char *hex, unsigned bits, struct listfile_record *r)
{
    static const char *const wrong[] = {"an MD5 is 32 hex digits", "a SHA-1 is 40 hex digits",
                                        "a SHA-256 is 64 hex digits", "a PDQ is 64 hex digits",
                                        "a PDQ is 64 hex digits"};
    const size_t size = strlen(hex);

    if ((r->has & bits) != 0)
        return "two hashes of one kind";
    for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if ((bits & 1u << i) == 0)
            continue;
        if (size != 2 * kinds[i].bytes ||
            str_unhex(hex, place(r, 1u << i), kinds[i].bytes) != ASSAY_OK)
            return wrong[i];
        if (stands_for_nothing(hex, size))
            return "a hash of nothing (zeros, or of an empty file), which would match by mistake";
    }
    r->has |= bits;
    return NULL;
}

const char *listfile_again(const char *hex, unsigned bit, struct listfile_record *r)
{
    struct listfile_record said = {0};

    if ((r->has & bit) == 0)
        return listfile_value(hex, bit, r);
    const char *why = listfile_value(hex, bit, &said);
    const size_t bytes = kinds[bit_number(bit)].bytes;
    if (why == NULL && memcmp(place(r, bit), place(&said, bit), bytes) != 0)
        why = "two hashes of one kind";
    return why;
}

static unsigned bits_by_length(size_t size)
{
    return size == 32   ? LISTFILE_MD5
           : size == 40 ? LISTFILE_SHA1
           : size == 64 ? LISTFILE_SHA256 | LISTFILE_PDQ
                        : 0;
}

static const char no_length[] = "no hash: MD5 has 32 hex digits, SHA-1 40, SHA-256 and PDQ 64";

const char *listfile_unnamed(const char *hex, struct listfile_record *r)
{
    const unsigned may_be = bits_by_length(strlen(hex)), left = may_be & ~r->has;
    struct listfile_record said = {0};
    const char *why = may_be == 0 ? no_length : listfile_value(hex, may_be, &said);

    for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0] && why == NULL; i++) {
        const unsigned bit = 1u << i;

        if ((may_be & r->has & bit) != 0 &&
            memcmp(place(r, bit), place(&said, bit), kinds[i].bytes) == 0)
            return NULL; /* said twice */
    }
    if (why == NULL && left == 0)
        why = "two hashes of one kind";
    return why != NULL ? why : listfile_value(hex, left, r);
}

bool listfile_bsd(const char *line, struct listfile_bsd *out)
{
    const size_t size = strcspn(line, " \t(");
    const char *name = line + size + strspn(line + size, " \t");

    if (*name != '(' || (out->kind = listfile_kind(line, size)) == 0)
        return false;
    out->name = ++name;
    out->hex = NULL;
    for (const char *at = strchr(name, ')'); at != NULL; at = strchr(at + 1, ')')) {
        const char *sign = at + 1 + strspn(at + 1, " \t");
        if (*sign != '=')
            continue;
        out->name_size = (size_t)(at - name);
        out->hex = sign + 1 + strspn(sign + 1, " \t");
    }
    return out->hex != NULL;
}

const char *listfile_hash(const char *line, struct listfile_record *r, const char **rest)
{
    static const char between[] = " \t,;";
    char hex[72];
    struct listfile_bsd bsd;
    unsigned bits = 0;

    line += strspn(line, " \t");
    size_t size = strcspn(line, " \t,;:");
    if (listfile_bsd(line, &bsd)) {
        bits = bsd.kind;
        line = bsd.hex;
        size = strcspn(line, between);
    } else if (line[size] != '\0' && (bits = listfile_kind(line, size)) != 0) {
        line += size + 1;
        line += strspn(line, " \t");
        size = strcspn(line, between);
    }
    if (size >= sizeof hex || strspn(line, "0123456789abcdefABCDEF") < size)
        return "no hash: that is of hex digits, 64 at most";
    memcpy(hex, line, size);
    hex[size] = '\0';
    if (bits == 0 && (bits = bits_by_length(size)) == 0)
        return no_length;
    *rest = line + size;
    *rest += strspn(*rest, between);
    return listfile_value(hex, bits, r);
}
