/* Writes the files of an answer: VICS as it was received, one file after another. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "flow/answer/answer_impl.h"

#define HEAD_MAX    ((size_t)128 * 1024 * 1024)
#define DIFFERENCES "differences.json"

enum { VICS_FILE, DIFFERENCES_FILE }; /* of the folder's open files */

static struct written_file *more(struct answering *a)
{
    a->written = mem_resize(a->written, a->written_count + 1, sizeof *a->written);
    a->written[a->written_count] = (struct written_file){0};
    return &a->written[a->written_count++];
}

/* ---- a file of VICS ---- */

/* One page of a file's records. */
struct paging {
    struct answering *a;
    struct tx *tx;
    size_t file;
    int64_t after, last, written; /* numbers; written: the last that went out */
    bool over;
};

static void file_name(const struct answering *a, size_t file, char out[FOLDER_NAME_SIZE])
{
    if (a->profile->writes->records_per_file == 0)
        (void)snprintf(out, FOLDER_NAME_SIZE, "case-%zu.json", file + 1);
    else
        (void)snprintf(out, FOLDER_NAME_SIZE, "case-%zu-%zu.json", file + 1, a->part);
}

static bool is_open(const struct answering *a)
{
    return a->out.digester != NULL;
}

static enum assay_err begin_file(struct paging *p, const struct case_answer_line *l, struct err *e)
{
    struct answering *a = p->a;
    char name[FOLDER_NAME_SIZE];

    a->part++;
    a->records = 0;
    a->case_number = 0;
    a->shape = answer_shape(a->profile, l->record.case_number == 0);
    file_name(a, p->file, name);
    const enum assay_err rc = outflow_begin(&a->out, &a->folder, VICS_FILE, name, e);
    if (rc == ASSAY_OK)
        vics_write_begin(&a->writer, &a->shape, &a->out.b);
    return rc;
}

static enum assay_err end_file(struct answering *a, size_t file, struct err *e)
{
    char name[FOLDER_NAME_SIZE];

    file_name(a, file, name);
    vics_write_end(&a->writer);
    struct written_file *w = more(a);
    w->records = a->records;
    w->from = file;
    a->report->files++;
    return outflow_end(&a->out, name, w, e);
}

struct head {
    const struct keys *keys;
    int64_t context[2]; /* file, number of the case */
    struct buf plain;
    enum assay_err rc;
    struct err *e;
};

static void open_head(void *ctx, const void *sealed, size_t size)
{
    struct head *h = ctx;

    h->rc = keys_open_sealed(h->keys, h->context, sizeof h->context, sealed, size, &h->plain, h->e);
}

static enum assay_err begin_case(struct paging *p, const struct case_answer_line *l, struct err *e)
{
    struct answering *a = p->a;
    const struct case_record_row *r = &l->record;
    struct head h = {
        .keys = a->world->keys, .context = {r->file_id, r->case_number}, .rc = ASSAY_OK, .e = e};
    struct arena *arena = arena_new();
    struct json *said = NULL;
    int64_t count = 0;

    buf_init(&h.plain, HEAD_MAX);
    enum assay_err rc = case_head_get(p->tx, r->file_id, r->case_number, open_head, &h, e);
    if (rc == ASSAY_OK && (rc = h.rc) == ASSAY_OK)
        rc = json_parse(arena, h.plain.data, h.plain.size, &said, e);
    if (rc == ASSAY_OK || rc == ASSAY_ENOTFOUND)
        rc = case_answer_in_case(p->tx, a->row.id, r->file_id, r->case_number, &count, e);
    if (rc == ASSAY_OK) {
        vics_write_case(&a->writer, said, count, a->row.software + strlen(ANSWER_SOFTWARE));
        a->case_number = r->case_number;
    }
    buf_wipe(&h.plain);
    arena_free(arena);
    return rc;
}

static enum assay_err add_media(struct paging *p, const struct case_answer_line *l, struct err *e)
{
    struct answering *a = p->a;
    enum assay_err rc = ASSAY_OK;

    if (!is_open(a))
        rc = begin_file(p, l, e);
    if (rc == ASSAY_OK && !a->shape.flat && l->record.case_number != a->case_number)
        rc = begin_case(p, l, e);
    if (rc != ASSAY_OK || (rc = differences_add(a, p->tx, l, p->file, e)) != ASSAY_OK ||
        (rc = answer_media(a, l, e)) != ASSAY_OK)
        return rc;
    p->written = l->record.number;
    a->records++;
    a->done++;
    if ((rc = outflow_flush(&a->differences, e)) == ASSAY_OK)
        rc = outflow_flush(&a->out, e);
    const int64_t most = a->profile->writes->records_per_file;
    if (rc == ASSAY_OK && most > 0 && a->records == most)
        rc = end_file(a, p->file, e);
    return rc;
}

/* A transaction that is tried again begins its page anew: what went out stays so. */
static enum assay_err add_line(void *ctx, const struct case_answer_line *l, struct err *e)
{
    struct paging *p = ctx;

    return l->record.number <= p->written ? ASSAY_OK : add_media(p, l, e);
}

static enum assay_err add_page(struct tx *tx, void *ctx, struct err *e)
{
    struct paging *p = ctx;

    p->tx = tx;
    p->last = p->after;
    const enum assay_err rc = case_answer_page(tx, p->a->row.id, p->a->received[p->file].id,
                                               p->after, &p->last, add_line, p, e);
    p->over = rc == ASSAY_ENOTFOUND;
    return p->over ? ASSAY_OK : rc;
}

static enum assay_err write_file(struct answering *a, size_t file, struct err *e)
{
    struct paging p = {.a = a, .file = file};
    enum assay_err rc;

    a->part = 0;
    while ((rc = store_read(a->world->store, add_page, &p, e)) == ASSAY_OK && !p.over) {
        p.after = p.last;
        if (a->o->progress != NULL)
            a->o->progress(a->o->ctx, a->done, a->report->answered);
    }
    if (rc == ASSAY_OK && is_open(a))
        rc = end_file(a, file, e);
    return rc;
}

/* ---- all ---- */

static enum assay_err add_received(struct tx *tx, void *ctx, const struct case_file_row *f,
                                   struct err *e)
{
    struct answering *a = ctx;
    struct answered_file *r;

    (void)tx;
    (void)e;
    a->received = mem_resize(a->received, a->received_count + 1, sizeof *a->received);
    r = &a->received[a->received_count++];
    *r = (struct answered_file){.id = f->id, .profile_text = mem_strdup(f->profile_text)};
    memcpy(r->sha256, f->sha256, sizeof r->sha256);
    return ASSAY_OK;
}

void answer_forget_received(struct answering *a)
{
    for (size_t i = 0; i < a->received_count; i++)
        mem_free(a->received[i].profile_text);
    mem_free(a->received);
    a->received = NULL;
    a->received_count = 0;
}

static enum assay_err find(struct tx *tx, void *ctx, struct err *e)
{
    struct answering *a = ctx;

    answer_forget_received(a);
    return case_files(tx, a->row.batch_id, add_received, a, e);
}

enum assay_err answer_find_received(struct answering *a, struct err *e)
{
    return store_read(a->world->store, find, a, e);
}

enum assay_err answer_write_files(struct answering *a, struct err *e)
{
    enum assay_err rc =
        outflow_begin(&a->differences, &a->folder, DIFFERENCES_FILE, DIFFERENCES, e);

    if (rc != ASSAY_OK)
        return rc;
    differences_begin(a);
    for (size_t i = 0; i < a->received_count && rc == ASSAY_OK; i++)
        rc = write_file(a, i, e);
    if (rc != ASSAY_OK)
        return rc;
    if (a->done != a->report->answered)
        return err_set(e, ASSAY_EDAMAGED, "%lld of %lld records were written", (long long)a->done,
                       (long long)a->report->answered);
    differences_end(a);
    return outflow_end(&a->differences, DIFFERENCES, more(a), e);
}
