/* assay-encode: pixels in, six JPEG renditions out, inside the sandbox; it never saw the file. */
#include "decoder/child.h"
#include "decoder/renditions.h"

static enum wire_answer work(struct child *c)
{
    struct wire_size view;

    if (c->input_size < WIRE_REQUEST_BYTES ||
        wire_request_get(c->input, &view.width, &view.height) != ASSAY_OK ||
        c->input_size != WIRE_REQUEST_BYTES + (size_t)3 * view.width * view.height)
        return WIRE_BAD_REQUEST;
    return renditions_make(c->input + WIRE_REQUEST_BYTES, view, c->payload, c->payload_size,
                           c->reply.renditions);
}

int main(int argc, char **argv)
{
    child_main(argc, argv, WIRE_ENCODE, work);
}
