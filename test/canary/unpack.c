/* An unpacker that lies to its parent: the archive's first letter says how. */
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "decode/unpack_wire.h"

static void say(uint32_t message, uint64_t value, uint32_t size, const void *body)
{
    const struct unpack_head h = {message, size, value};
    unsigned char bytes[UNPACK_HEAD_BYTES];

    unpack_head_put(&h, bytes);
    (void)!write(UNPACK_SOCKET_FD, bytes, sizeof bytes);
    if (body != NULL)
        (void)!write(UNPACK_SOCKET_FD, body, size);
}

static void entry(const char *name, size_t name_size, uint64_t unpacked, unsigned char fault)
{
    unsigned char body[UNPACK_ENTRY_BYTES + 16] = {100, [8] = fault};

    memcpy(body + UNPACK_ENTRY_BYTES, name, name_size);
    say(UNPACK_ENTRY, unpacked, (uint32_t)(UNPACK_ENTRY_BYTES + name_size), body);
}

int main(void)
{
    unsigned char request[UNPACK_REQUEST_BYTES];
    char deed = 0;

    if (read(UNPACK_SOCKET_FD, request, sizeof request) != (ssize_t)sizeof request)
        return 1;
    say(UNPACK_READ, 0, 1, NULL);
    (void)!read(UNPACK_SOCKET_FD, &deed, 1);
    switch (deed) {
    case 'n': /* a name that leads upwards */
        entry("../x", 4, 1, UNPACK_FINE);
        break;
    case 'z': /* a name with a zero byte */
        entry("a\0b", 3, 1, UNPACK_FINE);
        break;
    case 'u': /* a name that is no UTF-8 */
        entry("\xff\xfe", 2, 1, UNPACK_FINE);
        break;
    case 'b': /* a bomb by its own words */
        entry("bomb", 4, 1u << 30, UNPACK_FINE);
        break;
    case 'm': /* more bytes than it said */
        entry("more", 4, 1, UNPACK_FINE);
        say(UNPACK_DATA, 0, 2, "xy");
        break;
    case 'f': /* fewer, and fine all the same */
        entry("few", 3, 2, UNPACK_FINE);
        say(UNPACK_DATA, 0, 1, "x");
        say(UNPACK_END, UNPACK_FINE, 0, NULL);
        break;
    case 'e': /* an end without an entry */
        say(UNPACK_END, UNPACK_FINE, 0, NULL);
        break;
    case 'd': /* bytes without an entry */
        say(UNPACK_DATA, 0, 1, "x");
        break;
    case 'i': /* done inside of an entry */
        entry("in", 2, 1, UNPACK_FINE);
        break;
    case 'r': /* bytes behind the archive's end */
        say(UNPACK_READ, 1u << 20, 1, NULL);
        break;
    case 'h': /* no message at all */
        say(77, 0, 0, NULL);
        break;
    case 's': /* a piece that is too large */
        say(UNPACK_READ, 0, UNPACK_PIECE_BYTES + 1, NULL);
        break;
    case 'a': /* an answer that is none */
        say(UNPACK_DONE, 99, 0, NULL);
        break;
    case 'g': /* gone without a word */
        return 0;
    case 'x': /* done, but with another status */
        say(UNPACK_DONE, UNPACK_GOOD, 0, NULL);
        return 7;
    case 'l': /* more entries than there may be */
        for (unsigned i = 0; i < 1000; i++)
            entry("again", 5, 0, UNPACK_ENCRYPTED);
        break;
    default: /* an honest one */
        break;
    }
    say(UNPACK_DONE, UNPACK_GOOD, 0, NULL);
    return 0;
}
