/* assay-decode-image: one file in, hash, flags and bounded pixels out, inside the sandbox. */
#include "decoder/child.h"
#include "decoder/image.h"

static enum wire_answer work(struct child *c)
{
    if (c->payload_size < WIRE_PIXELS_BYTES)
        return WIRE_BAD_REQUEST;
    return image_decode(c->input, c->input_size, &c->limits, c->payload, &c->reply.picture);
}

int main(int argc, char **argv)
{
    child_main(argc, argv, WIRE_DECODE, work);
}
