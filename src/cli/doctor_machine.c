/* What assay doctor looks at in the machine: what may write our memory to a disk, time, ports. */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/str.h"
#include "cli/doctor.h"
#include "store/record.h"

#define PROC_MAX      (4u << 20)
#define LINE_SIZE     512
#define PORTS_MAX     12
#define CLOCK_SLIP_MS 2000

/* Calls fn with each line of a file of /proc or /sys; nothing when there is none. */
typedef void line_fn(void *ctx, const char *line);
static void each_line(const char *path, line_fn *fn, void *ctx)
{
    struct buf b;

    buf_init(&b, PROC_MAX);
    if (fs_read_file(path, &b, NULL) == ASSAY_OK) {
        char *text = buf_take(&b), *rest = text, *line;
        while ((line = strsep(&rest, "\n")) != NULL)
            if (line[0] != '\0')
                fn(ctx, line);
        mem_free(text);
    }
    buf_clear(&b);
}

/* ---- swap ---- */

struct swaps {
    bool any, plain;
    char name[LINE_SIZE];
};

static void take_uuid(void *ctx, const char *line)
{
    bool *crypt = ctx;

    *crypt = *crypt || str_starts(line, "CRYPT-");
}

/* Swap in memory is no disk; swap on a device of dm-crypt is encrypted. */
static bool is_safe_swap(const char *name)
{
    struct stat st;
    char path[LINE_SIZE];
    bool crypt = false;

    if (str_starts(name, "/dev/zram"))
        return true;
    if (stat(name, &st) != 0 || !S_ISBLK(st.st_mode))
        return false;
    (void)snprintf(path, sizeof path, "/sys/dev/block/%u:%u/dm/uuid", major(st.st_rdev),
                   minor(st.st_rdev));
    each_line(path, take_uuid, &crypt);
    return crypt;
}

static void take_swap(void *ctx, const char *line)
{
    struct swaps *s = ctx;
    char name[LINE_SIZE];

    if (line[0] != '/')
        return; /* the heading */
    (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(line, " \t"), line);
    s->any = true;
    if (!is_safe_swap(name)) {
        s->plain = true;
        (void)snprintf(s->name, sizeof s->name, "%s", name);
    }
}

static void look_at_swap(struct doctor *d)
{
    struct swaps s = {0};

    each_line("/proc/swaps", take_swap, &s);
    if (s.plain)
        doctor_say(d, DOCTOR_WEAK, "swap",
                   "%.200s is not encrypted, and what people see may be written there: encrypt it, "
                   "or switch it off (swapoff)",
                   s.name);
    else
        doctor_say(d, DOCTOR_GOOD, "swap", "%s", s.any ? "encrypted or in memory" : "none");
}

static void look_at_dumps(struct doctor *d)
{
    struct rlimit core;

    if (getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0 &&
        prctl(PR_GET_DUMPABLE, 0L, 0L, 0L, 0L) == 0)
        doctor_say(d, DOCTOR_GOOD, "core dumps", "off for assay");
    else
        doctor_say(
            d, DOCTOR_BAD, "core dumps",
            "the keys could be written to a disk: start assay where it may switch dumps off");
}

/* ---- time ---- */

struct last_entry {
    int64_t seq, t_ms;
};

static enum assay_err take_entry(void *ctx, const struct record_row *row, struct err *e)
{
    struct last_entry *l = ctx;
    struct arena *a = arena_new();
    struct json *j;

    (void)e;
    if (row->entry != NULL && json_parse(a, row->entry, strlen(row->entry), &j, NULL) == ASSAY_OK)
        (void)!json_want_int(j, "t_ms", 0, INT64_MAX, &l->t_ms, NULL);
    arena_free(a);
    return ASSAY_OK;
}

static enum assay_err read_last(struct tx *tx, void *ctx, struct err *e)
{
    struct last_entry *l = ctx;
    enum assay_err rc = record_size(tx, &l->seq, e);

    if (rc != ASSAY_OK || l->seq == 0)
        return rc;
    return record_rows(tx, l->seq - 1, 1, take_entry, l, e);
}

static void look_at_clock(struct doctor *d)
{
    struct last_entry last = {0};
    int64_t now = clock_now_ms();
    char text[CLOCK_TEXT_SIZE];

    (void)!store_read(d->world->store, read_last, &last, NULL);
    clock_text(last.t_ms, text);
    if (last.t_ms > now + CLOCK_SLIP_MS)
        doctor_say(d, DOCTOR_BAD, "clock",
                   "it is behind the last entry of the record (%s): set it right", text);
    else if (!clock_is_synchronised())
        doctor_say(d, DOCTOR_WEAK, "clock",
                   "no time server steers it, as far as the kernel says: install chrony or "
                   "systemd-timesyncd");
    else
        doctor_say(d, DOCTOR_GOOD, "clock", "steered by a time server");
}

/* ---- ports ---- */

struct ports {
    unsigned port[PORTS_MAX];
    size_t count, more;
};

/* Addresses as /proc/net writes them: 127.x.x.x, ::1 and ::ffff:127.x.x.x. */
static bool is_loopback(const char *hex, size_t size)
{
    if (size == 8)
        return memcmp(hex + 6, "7F", 2) == 0;
    return memcmp(hex, "00000000000000000000000001000000", size) == 0 ||
           (memcmp(hex, "0000000000000000FFFF0000", 24) == 0 && memcmp(hex + 30, "7F", 2) == 0);
}

static void take_socket(void *ctx, const char *line)
{
    struct ports *p = ctx;
    const char *address = strstr(line, ": ");
    uint8_t port[2];
    char hex[5] = "";

    if (address == NULL)
        return; /* the heading */
    address += 2;
    size_t size = strspn(address, "0123456789ABCDEF");
    if ((size != 8 && size != 32) || address[size] != ':' || is_loopback(address, size))
        return;
    memcpy(hex, address + size + 1, 4);
    const char *state = strchr(address + size + 6, ' ');
    if (str_unhex(hex, port, sizeof port) != 0 || state == NULL || !str_starts(state, " 0A"))
        return; /* does not listen */
    unsigned number = (unsigned)port[0] << 8 | port[1];
    for (size_t i = 0; i < p->count; i++)
        if (p->port[i] == number)
            return;
    if (p->count < PORTS_MAX)
        p->port[p->count++] = number;
    else
        p->more++;
}

static void look_at_ports(struct doctor *d)
{
    struct ports p = {0};
    struct buf b;

    each_line("/proc/net/tcp", take_socket, &p);
    each_line("/proc/net/tcp6", take_socket, &p);
    if (p.count == 0) {
        doctor_say(d, DOCTOR_GOOD, "open ports", "none but on this machine itself");
        return;
    }
    buf_init(&b, LINE_SIZE);
    for (size_t i = 0; i < p.count; i++)
        buf_addf(&b, "%s%u", i == 0 ? "" : ", ", p.port[i]);
    doctor_say(d, DOCTOR_WEAK, "open ports",
               "programs listen to the network at %s%s (assay itself never does): stop what is "
               "not needed, put TLS before what is",
               buf_cstr(&b), p.more > 0 ? " and more" : "");
    buf_clear(&b);
}

void doctor_machine(struct doctor *d)
{
    look_at_swap(d);
    look_at_dumps(d);
    look_at_clock(d);
    look_at_ports(d);
}
