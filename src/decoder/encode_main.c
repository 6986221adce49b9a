/* assay-encode: pixels in, JPEG renditions out, inside the sandbox; it never saw the file. */
#include "decoder/child.h"
#include "decoder/renditions.h"

static enum wire_answer work(struct child *c)
{
    struct wire_request request;

    if (c->input_size < WIRE_REQUEST_BYTES || wire_request_get(c->input, &request) != ASSAY_OK ||
        c->input_size != WIRE_REQUEST_BYTES + wire_request_pixels(&request))
        return WIRE_BAD_REQUEST;
    return renditions_make(c->input + WIRE_REQUEST_BYTES, &request, c->payload, c->payload_size,
                           c->reply.renditions);
}

int main(int argc, char **argv)
{
    child_main(argc, argv, WIRE_ENCODE, work);
}
