/* assay list: its parts. */
#ifndef CLI_LIST_H
#define CLI_LIST_H

/* Of the list in the file: written in a form (by its name) to a file that is replaced as a whole,
 * or to stdout (out NULL). Texts as on the command line, NULL: not said. Returns the exit status.
 */
struct list_conversion {
    const char *path, *form, *out, *categories;
};
int cli_list_convert(const struct list_conversion *c);

#endif
