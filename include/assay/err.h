/* Error codes that every assay function returns. */
#ifndef ASSAY_ERR_H
#define ASSAY_ERR_H

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* A function that returns enum assay_err must have its result looked at. */
#if defined(__cplusplus) && __cplusplus >= 201703L
#define ASSAY_ERR_NODISCARD [[nodiscard]]
#elif defined(__STDC_VERSION__) && __STDC_VERSION__ > 201710L
#define ASSAY_ERR_NODISCARD [[nodiscard]]
#else
#define ASSAY_ERR_NODISCARD
#endif

/* A function's comment names the codes that it returns; hashing knows ENOMEM, ERANGE, EFORMAT and
 * EUNSUPPORTED alone, the programs use all. A code keeps its number; new ones come at the end. */
enum ASSAY_ERR_NODISCARD assay_err {
    ASSAY_OK = 0,
    ASSAY_ENOMEM,       /* no memory (libassay only; the server aborts instead) */
    ASSAY_ERANGE,       /* an argument or a size is out of its documented range */
    ASSAY_EFORMAT,      /* bytes from outside break their format */
    ASSAY_EUNSUPPORTED, /* well-formed, but a type or version we do not read */
    ASSAY_ELIMIT,       /* a configured limit stopped it: time, memory, count, size */
    ASSAY_EIO,          /* the system refused a read or a write */
    ASSAY_EFULL,        /* the disk or a quota is full */
    ASSAY_ENOTFOUND,    /* no such thing */
    ASSAY_EEXISTS,      /* it is there already */
    ASSAY_ESTATE,       /* not possible in the present state (a lost lease, a late write) */
    ASSAY_EDENIED,      /* this person may not do this */
    ASSAY_EKEY,         /* wrong or missing key */
    ASSAY_EDAMAGED,     /* stored bytes do not verify */
    ASSAY_EVERSION,     /* made by a newer assay */
    ASSAY_EBUSY         /* somebody else holds it; try again */
};

/* The name of a code without its prefix, such as "EFORMAT"; "EUNKNOWN" for a number that is no
 * code. Static storage; never NULL. */
const char *assay_err_name(enum assay_err rc);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
