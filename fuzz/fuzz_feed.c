/* Any bytes as an answer of the change feed: read or refused, and what is read can be relied on. */
#include <stdlib.h>
#include <string.h>

#include "flow/feed/answer.h"
#include "fuzz.h"
#include "people/client.h"

static void check_record(const struct feed_record *r)
{
    const struct list_record *row = &r->row;

    if (row->id <= 0 || row->list_id <= 0)
        abort();
    if (!r->gone &&
        (row->has == 0 || row->tags == NULL || row->pdq_quality < -1 || row->pdq_quality > 100))
        abort();
}

static void check_client(const struct feed_client *c)
{
    if (c->row.id <= 0 || strlen(c->row.key_id) != CLIENT_KEY_ID_SIZE - 1 ||
        c->row.name[0] == '\0' || c->row.rate < 1 || c->row.burst < 1 ||
        c->row.distance_max > PEOPLE_DISTANCE_MAX || c->row.distance_max < 0 || !c->row.has_sha256)
        abort();
    for (size_t i = 0; i < c->right_count; i++) {
        if (c->rights[i].list_id <= 0)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (int form = FEED_CHANGES; form <= FEED_LIST; form++) {
        struct arena *a = arena_new();
        struct feed_answer answer;
        struct err e = {0};

        if (feed_answer_parse(a, (enum feed_form)form, data, size, &answer, &e) == ASSAY_OK) {
            if (answer.seq < 0 || answer.head < answer.seq || answer.next < 0)
                abort();
            for (size_t i = 0; i < answer.record_count; i++)
                check_record(&answer.records[i]);
            for (size_t i = 0; i < answer.client_count; i++)
                check_client(&answer.clients[i]);
        }
        arena_free(a);
    }
    return 0;
}
