/* What the writers of lists share. */
#ifndef FORMAT_LISTOUT_IMPL_H
#define FORMAT_LISTOUT_IMPL_H

#include "base/json.h"
#include "format/listout.h"

/* A record that may be written: its hashes, and what else its list says, as a tree. */
struct listout_record {
    const struct listfile_record *hashes;
    unsigned has; /* enum listfile_has: without what must not go out */
    const struct json *says;
};

/* A form's functions; row returns NULL, or why it cannot have the record, and nothing is written.
 * begin and end may be NULL. */
typedef void listout_edge(struct listout *w);
typedef const char *listout_write(struct listout *w, const struct listout_record *r);
listout_edge listout_csv_begin, listout_icse_begin, listout_nsrl_begin, listout_vics_begin,
    listout_vics_end;
listout_write listout_csv, listout_icse, listout_nsrl, listout_jsonl, listout_vics;

/* A member's text; NULL where it has none. */
const char *listout_text(const struct listout_record *r, const char *name);
/* What stands for the name of its file: what its list says behind the hash, else its grade, else
 * `-` as md5sum writes it of a file without a name. One line, cut to fit. */
#define LISTOUT_NAME_SIZE 401
const char *listout_name(const struct listout_record *r, char name[LISTOUT_NAME_SIZE]);
/* The record's tags as one text with this between them. A tag that holds it is left out. */
void listout_tags(const struct listout_record *r, char between, struct buf *b);

#endif
