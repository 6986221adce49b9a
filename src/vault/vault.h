/* The vault: media sealed at rest. The only place that opens a sealed blob. */
#ifndef VAULT_VAULT_H
#define VAULT_VAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "audit/audit.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/seekable.h"
#include "keys/keys.h"

/*
 * doc/vault.md is the format. A blob lies in DATA/vault/xx/NAME; NAME = hex of HMAC(name key,
 * "blob", blob id), blob id = 16 random bytes, so names tell a thief nothing and two writers never
 * meet. The wrapped data key is a row in the store: deleting that row purges the blob for good.
 */
#define VAULT_ID_BYTES 16

struct vault;

/* What the store keeps of a blob (table blob). */
struct vault_blob {
    uint8_t id[VAULT_ID_BYTES];
    uint8_t wrapped[KEYS_WRAPPED_BYTES];
    uint64_t size; /* plain bytes */
};

/* Makes DATA/vault and its 256 folders where missing. k is borrowed until vault_close. One vault
 * serves all threads; a writer serves one at a time. */
enum assay_err vault_open(const char *data_dir, const struct keys *k, struct vault **out,
                          struct err *e);
void vault_close(struct vault *v);

/*
 * Sealing is a stream, so that a video of any size needs constant memory: new, feed..., finish.
 * After finish has returned ASSAY_OK the blob is on the disk under its name (temp + fsync + link +
 * fsync of the folder). Without finish, free leaves nothing behind. EFULL, EIO.
 */
struct vault_writer;
enum assay_err vault_writer_new(struct vault *v, struct vault_writer **out, struct err *e);
enum assay_err vault_writer_feed(struct vault_writer *w, const void *bytes, size_t size,
                                 struct err *e);
enum assay_err vault_writer_finish(struct vault_writer *w, struct vault_blob *out, struct err *e);
void vault_writer_free(struct vault_writer *w); /* NULL is fine */

/* The three in one call. */
enum assay_err vault_put(struct vault *v, const void *bytes, size_t size, struct vault_blob *out,
                         struct err *e);

/*
 * Open a blob: every byte is verified before any is given. `event` is the id of the record entry,
 * already committed, that stands for this opening: no entry, no opening. plain: appended to; its
 * maximum must hold the size (ELIMIT). EDAMAGED names the blob; ENOTFOUND; EKEY.
 */
enum assay_err vault_get(struct vault *v, const struct vault_blob *blob,
                         const struct audit_event_id *event, struct buf *plain, struct err *e);

/*
 * Open a blob for reading at any place: for archives, whose parts are needed in no order. A chunk
 * is verified whenever it is read, so the errors of vault_get may come from every read. `event` as
 * there. *out is the blob's bytes; v and the blob's row may go before it.
 */
struct vault_reader;
enum assay_err vault_reader_open(struct vault *v, const struct vault_blob *blob,
                                 const struct audit_event_id *event, struct vault_reader **reader,
                                 struct seekable *out, struct err *e);
void vault_reader_close(struct vault_reader *r); /* wipes; NULL is fine */

/* Take away a blob that no row names (a loser of a race, a failed transaction). Missing is fine. */
void vault_remove(struct vault *v, const uint8_t id[VAULT_ID_BYTES]);

/* Structure of one blob (present, length, header), or with `data` every byte, without giving any
 * out. */
enum assay_err vault_check_blob(struct vault *v, const struct vault_blob *blob, bool data,
                                struct err *e);

/* The blob's file name, 64 hex digits and a NUL. */
#define VAULT_NAME_SIZE 65
void vault_name(const struct vault *v, const uint8_t id[VAULT_ID_BYTES], char out[VAULT_NAME_SIZE]);

/*
 * Call fn with each blob file's name and age in seconds. Everything else that lies in the vault,
 * such as a crashed writer's temporary file, is given with `stray` true and its path below
 * DATA/vault. fn returns an error to stop, which is then returned.
 */
typedef enum assay_err vault_each_fn(void *ctx, const char *name, bool stray, int64_t age_s);
enum assay_err vault_each(struct vault *v, vault_each_fn *fn, void *ctx, struct err *e);

/* Take away a blob file that no row names, or a temporary file, by the name that vault_each gave:
 * only when older than any import or transaction under way. ERANGE for a file that the vault did
 * not make. Missing is fine. */
enum assay_err vault_remove_named(struct vault *v, const char *name, struct err *e);

#endif
