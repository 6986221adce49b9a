/* Checks a proof alone: for recipients of packages, who have no store. */
#include <string.h>

#include "audit/audit.h"
#include "audit/disk.h"
#include "audit/heads.h"
#include "audit/proof.h"

/* A proof names its log in the checkpoint's origin; the key must be that log's. */
static enum assay_err open_head(const struct proof *p, const uint8_t public_key[KEYS_PUBLIC_BYTES],
                                struct checkpoint *out, struct err *e)
{
    struct note_key key;
    struct note note;
    enum assay_err rc;

    if ((rc = note_parse(p->checkpoint, p->checkpoint_size, &note, e)) != 0 ||
        (rc = checkpoint_parse(note.text, note.text_size, out, e)) != 0)
        return rc;
    if ((rc = note_key_make(&key, out->origin, NOTE_ED25519, public_key, e)) != 0)
        return rc;
    return checkpoint_open(p->checkpoint, p->checkpoint_size, &key, out, e);
}

enum assay_err audit_proof_verify(const char *proof, const void *entry, size_t entry_size,
                                  const uint8_t public_key[KEYS_PUBLIC_BYTES],
                                  struct audit_head *head, struct err *e)
{
    struct checkpoint c;
    struct tree_hash leaf;
    struct proof p;
    enum assay_err rc;

    if ((rc = proof_parse(proof, strlen(proof), &p, e)) != 0 ||
        (rc = open_head(&p, public_key, &c, e)) != 0)
        return rc;
    tree_leaf(entry, entry_size, &leaf);
    if (tree_check_inclusion(&leaf, p.index, &c.head, &p.path) != ASSAY_OK)
        return err_set(e, ASSAY_EDAMAGED, "the proof does not lead from the entry to the head");
    if (head != NULL) {
        head->size = c.head.size;
        memcpy(head->root, c.head.root.bytes, sizeof head->root);
    }
    return ASSAY_OK;
}
