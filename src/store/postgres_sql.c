/* PostgreSQL's statements: preparing, binding and columns, all in binary form. */
#include <assert.h>
#include <ctype.h>
#include <endian.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "store/postgres_impl.h"

/* Object ids of the types we send and understand; they are the same in every server. */
#define TYPE_BOOL    16
#define TYPE_BYTEA   17
#define TYPE_INT8    20
#define TYPE_INT2    21
#define TYPE_INT4    23
#define TYPE_TEXT    25
#define TYPE_NUMERIC 1700

#define FORMAT_BINARY 1

/* The highest $N outside of literals; a text without parameters has 0. */
static int count_parameters(const char *text)
{
    long highest = 0;
    bool literal = false;

    for (; *text != '\0'; text++) {
        if (*text == '\'')
            literal = !literal;
        if (literal || *text != '$' || !isdigit((unsigned char)text[1]))
            continue;
        long number = strtol(text + 1, NULL, 10);
        highest = number > highest ? number : highest;
    }
    assert(highest <= SQL_PARAMS_MAX);
    return (int)highest;
}

struct sql *postgres_sql_new(struct conn *base, const char *text)
{
    struct postgres_sql *q = mem_zalloc(sizeof *q);

    (void)base; /* prepared at the first step, when the types are known */
    q->base.text = mem_strdup(text);
    q->count = count_parameters(text);
    return &q->base;
}

/* The server forgets its half when the connection ends. */
void postgres_sql_free(struct sql *base)
{
    struct postgres_sql *q = (struct postgres_sql *)base;

    PQclear(q->result);
    mem_free(base->text);
    mem_free(q);
}

static void bind_value(struct sql *base, int index, Oid type, const void *value, size_t size)
{
    struct postgres_sql *q = (struct postgres_sql *)base;

    if (size > INT_MAX) {
        base->rc = err_set(&base->err, ASSAY_ELIMIT, "too large for the database");
        return;
    }
    q->types[index - 1] = type;
    q->values[index - 1] = value;
    q->sizes[index - 1] = (int)size;
}

void postgres_bind_int(struct sql *base, int index, int64_t v)
{
    struct postgres_sql *q = (struct postgres_sql *)base;

    q->ints[index - 1] = htobe64((uint64_t)v);
    bind_value(base, index, TYPE_INT8, &q->ints[index - 1], sizeof q->ints[0]);
}

void postgres_bind_text(struct sql *base, int index, const char *text)
{
    bind_value(base, index, TYPE_TEXT, text, strlen(text));
}

void postgres_bind_blob(struct sql *base, int index, const void *bytes, size_t size)
{
    bind_value(base, index, TYPE_BYTEA, bytes, size);
}

void postgres_bind_null(struct sql *base, int index, enum sql_type type)
{
    static const Oid types[] = {
        [SQL_ANY] = 0, [SQL_INT] = TYPE_INT8, [SQL_TEXT] = TYPE_TEXT, [SQL_BLOB] = TYPE_BYTEA};

    bind_value(base, index, types[type], NULL, 0);
}

/* A statement prepared while a type was not known may have got another one than is bound now. */
static bool is_prepared(const struct postgres_sql *q)
{
    if (q->name[0] == '\0')
        return false;
    for (int i = 0; i < q->count; i++)
        if (q->types[i] != q->prepared[i] && q->types[i] != 0)
            return false;
    return true;
}

static enum assay_err prepare(struct postgres_conn *c, struct postgres_sql *q, struct err *e)
{
    char name[POSTGRES_NAME_SIZE];
    enum assay_err rc = ASSAY_OK;

    (void)snprintf(name, sizeof name, "s%u", c->names_count++);
    PGresult *r = PQprepare(c->pg, name, q->base.text, q->count, q->types);
    if (PQresultStatus(r) == PGRES_COMMAND_OK) {
        memcpy(q->name, name, sizeof name);
        memcpy(q->prepared, q->types, sizeof q->types);
    } else {
        rc = postgres_error(c, r, e);
    }
    PQclear(r);
    return rc;
}

static enum assay_err execute(struct postgres_sql *q, struct err *e)
{
    struct postgres_conn *c = (struct postgres_conn *)q->base.conn;
    int formats[SQL_PARAMS_MAX];
    enum assay_err rc;

    if (q->base.bound != q->count)
        return err_set(e, ASSAY_EUNSUPPORTED, "a statement has %d parameters and got %d values",
                       q->count, q->base.bound);
    if (!is_prepared(q) && (rc = prepare(c, q, e)) != 0)
        return rc;
    for (int i = 0; i < q->count; i++)
        formats[i] = FORMAT_BINARY;
    PGresult *r =
        PQexecPrepared(c->pg, q->name, q->count, q->values, q->sizes, formats, FORMAT_BINARY);
    ExecStatusType status = PQresultStatus(r);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        rc = postgres_error(c, r, e);
        PQclear(r);
        return rc;
    }
    q->result = r;
    q->row = -1;
    return ASSAY_OK;
}

enum assay_err postgres_step(struct sql *base, struct err *e)
{
    struct postgres_sql *q = (struct postgres_sql *)base;
    enum assay_err rc;

    if (q->result == NULL && (rc = execute(q, e)) != 0)
        return rc;
    if (q->row < PQntuples(q->result))
        q->row++;
    return q->row < PQntuples(q->result) ? ASSAY_OK : ASSAY_ENOTFOUND;
}

int64_t postgres_changed(struct sql *base)
{
    struct postgres_sql *q = (struct postgres_sql *)base;
    int64_t changed = 0;

    if (str_starts(PQcmdStatus(q->result), "SELECT") ||
        str_int64(PQcmdTuples(q->result), 0, INT64_MAX, &changed) != ASSAY_OK)
        return 0;
    return changed;
}

bool postgres_is_null(struct sql *base, int column)
{
    struct postgres_sql *q = (struct postgres_sql *)base;

    assert(q->result != NULL);
    assert(q->row >= 0);
    assert(q->row < PQntuples(q->result));
    assert(column >= 0);
    assert(column < PQnfields(q->result));
    return PQgetisnull(q->result, q->row, column) != 0;
}

/* A big-endian integer of size bytes. */
static int64_t integer(const unsigned char *bytes, size_t size)
{
    uint64_t v = bytes[0] >= 0x80 ? UINT64_MAX : 0;

    for (size_t i = 0; i < size; i++)
        v = v << 8 | bytes[i];
    return (int64_t)v;
}

/*
 * sum() of integers is a numeric: count of digits, weight of the first, sign, scale, then the
 * digits, 16 bits each, base 10000. Trailing zero digits are left out.
 */
static int64_t numeric(const unsigned char *bytes, size_t size)
{
    enum { HEADER = 8, BASE = 10000, NEGATIVE = 0x4000 };

    assert(size >= HEADER);
    int64_t count = integer(bytes, 2), weight = integer(bytes + 2, 2);
    bool negative = integer(bytes + 4, 2) == NEGATIVE;
    int64_t v = 0;
    assert(count >= 0);
    assert((size_t)count * 2 + HEADER == size);
    assert(count <= weight + 1 || count == 0); /* no fraction */
    for (int64_t i = 0; count > 0 && i <= weight; i++) {
        int64_t digit = i < count ? integer(bytes + HEADER + 2 * i, 2) : 0;
        assert(v >= (INT64_MIN + digit) / BASE);
        v = v * BASE - digit; /* downwards, since there is one more number below zero */
    }
    assert(negative || v > INT64_MIN);
    return negative ? v : -v;
}

int64_t postgres_get_int(struct sql *base, int column)
{
    struct postgres_sql *q = (struct postgres_sql *)base;
    const void *bytes = PQgetvalue(q->result, q->row, column);
    size_t size = (size_t)PQgetlength(q->result, q->row, column);
    Oid type = PQftype(q->result, column);

    if (type == TYPE_NUMERIC)
        return numeric(bytes, size);
    assert(type == TYPE_INT8 || type == TYPE_INT4 || type == TYPE_INT2 || type == TYPE_BOOL);
    return integer(bytes, size);
}

const char *postgres_get_text(struct sql *base, int column)
{
    struct postgres_sql *q = (struct postgres_sql *)base;

    assert(PQftype(q->result, column) == TYPE_TEXT);
    return PQgetvalue(q->result, q->row, column);
}

const void *postgres_get_blob(struct sql *base, int column, size_t *size)
{
    struct postgres_sql *q = (struct postgres_sql *)base;

    assert(PQftype(q->result, column) == TYPE_BYTEA);
    *size = (size_t)PQgetlength(q->result, q->row, column);
    return PQgetvalue(q->result, q->row, column);
}

void postgres_sql_reset(struct sql *base)
{
    struct postgres_sql *q = (struct postgres_sql *)base;

    PQclear(q->result);
    q->result = NULL;
    memset(q->types, 0, sizeof q->types);
}
