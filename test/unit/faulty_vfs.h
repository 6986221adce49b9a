/* A file system under SQLite whose n-th write or fsync fails on command. */
#ifndef TEST_FAULTY_VFS_H
#define TEST_FAULTY_VFS_H

#define FAULTY_VFS "faulty" /* for struct store_options */

enum faulty_call { FAULTY_WRITE, FAULTY_SYNC };
enum faulty_repeat { FAULTY_ONCE, FAULTY_FOREVER };

/* Make the VFS known to SQLite; again is fine. Nothing fails until armed. */
void faulty_register(void);

/* Let the n-th such call from now (from 1) give an SQLite error code, and those after it too. */
void faulty_arm(enum faulty_call call, int n, int code, enum faulty_repeat repeat);

/* Nothing fails any more. How many calls were failed since faulty_arm. */
int faulty_disarm(void);

#endif
