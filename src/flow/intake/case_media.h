/* The folder that media of a case lie in: by path, and by hash. */
#ifndef FLOW_INTAKE_CASE_MEDIA_H
#define FLOW_INTAKE_CASE_MEDIA_H

#include "assay/digest.h"
#include "format/vics_media.h"

struct case_media;

/* ENOTFOUND, EIO: the folder. */
enum assay_err case_media_open(const char *folder, struct case_media **out, struct err *e);
void case_media_close(struct case_media *m); /* NULL is fine */

/* *fd is the file that RelativeFilePath names, never outside of the folder and over no symbolic
 * link; -1: there is none. */
void case_media_by_path(struct case_media *m, const struct vics_media *v, int *fd);
/* Digests of an open file's bytes from where it stands; false: it cannot be read. */
bool case_media_digest(int fd, struct assay_digests *out);
/* The same by the strongest hash that is there, among all files of the folder, which are all read
 * for that the first time. EIO: the folder cannot be walked. */
enum assay_err case_media_by_hash(struct case_media *m, const struct vics_media *v, int *fd,
                                  struct err *e);

#endif
