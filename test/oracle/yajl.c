/* yajl as a judge: its events in the form of oracle_event. */
#include <yajl/yajl_parse.h>

#include "oracle.h"

static int add(void *ctx, char kind, const void *text, size_t size)
{
    if (ctx != NULL)
        oracle_event(ctx, kind, text, size);
    return 1;
}

static int on_null(void *ctx)
{
    return add(ctx, '0', "", 0);
}

static int on_boolean(void *ctx, int value)
{
    return add(ctx, value ? 't' : 'f', "", 0);
}

static int on_number(void *ctx, const char *text, size_t size)
{
    return add(ctx, 'n', text, size);
}

static int on_string(void *ctx, const unsigned char *text, size_t size)
{
    return add(ctx, 's', text, size);
}

static int on_key(void *ctx, const unsigned char *text, size_t size)
{
    return add(ctx, 'k', text, size);
}

static int on_object(void *ctx)
{
    return add(ctx, '{', "", 0);
}

static int on_object_end(void *ctx)
{
    return add(ctx, '}', "", 0);
}

static int on_array(void *ctx)
{
    return add(ctx, '[', "", 0);
}

static int on_array_end(void *ctx)
{
    return add(ctx, ']', "", 0);
}

enum oracle_answer oracle_yajl(const void *text, size_t size, struct buf *events)
{
    static const yajl_callbacks callbacks = {
        .yajl_null = on_null,
        .yajl_boolean = on_boolean,
        .yajl_number = on_number,
        .yajl_string = on_string,
        .yajl_start_map = on_object,
        .yajl_map_key = on_key,
        .yajl_end_map = on_object_end,
        .yajl_start_array = on_array,
        .yajl_end_array = on_array_end,
    };
    yajl_handle h = yajl_alloc(&callbacks, NULL, events);
    yajl_status status = yajl_parse(h, text, size);

    if (status == yajl_status_ok)
        status = yajl_complete_parse(h);
    yajl_free(h);
    return status == yajl_status_ok ? ORACLE_TAKEN : ORACLE_REFUSED;
}
