/* The child's side of the unpacker: the ZIP reader on the socket. */
#ifndef DECODER_UNPACK_H
#define DECODER_UNPACK_H

/* main of assay-unpack. Never returns: 0 done, 1 the parent is gone, 2 not started by assay, 3 no
 * sandbox. Called with `probe` it enters the sandbox and exits. */
_Noreturn void unpack_main(int argc, char **argv);

#endif
