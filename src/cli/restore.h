/* What the commands about backups share. */
#ifndef CLI_RESTORE_H
#define CLI_RESTORE_H

#include "backup/backup.h"
#include "cli/cli.h"

/* Shows on stderr how far it is; begins to count the time. */
const struct backup_watch *cli_watch_backup(void);

/* Every blob that the store names is there: its length and header, or every byte. EDAMAGED names
 * the first that is not. */
enum cli_blob_depth { CLI_LENGTHS, CLI_EVERY_BYTE };
enum assay_err cli_check_blobs(struct world *w, enum cli_blob_depth depth, struct err *e);

#endif
