/* PDQ of a picture turned and mirrored: its spectrum with places exchanged and signs changed. */
#include "hash/pdq_steps.h"

#include <stdbool.h>

/* Whether a coefficient changes its sign, by its vertical (i) and horizontal (j) number. */
enum negated { NEVER, I_EVEN, J_EVEN, SUM_ODD };

static const struct {
    const char *name;
    enum negated negated;
    bool transposed; /* coefficient (i, j) goes to (j, i) */
} turns[ASSAY_PDQ_TURNS] = {
    [ASSAY_PDQ_ORIG] = {"orig", NEVER, false},
    [ASSAY_PDQ_ROT90] = {"rot90", J_EVEN, true},
    [ASSAY_PDQ_ROT180] = {"rot180", SUM_ODD, false},
    [ASSAY_PDQ_ROT270] = {"rot270", I_EVEN, true},
    [ASSAY_PDQ_FLIPX] = {"flipx", I_EVEN, false},
    [ASSAY_PDQ_FLIPY] = {"flipy", J_EVEN, false},
    [ASSAY_PDQ_FLIPPLUS1] = {"flipplus1", NEVER, true},
    [ASSAY_PDQ_FLIPMINUS1] = {"flipminus1", SUM_ODD, true},
};

const char *assay_pdq_turn_name(enum assay_pdq_turn turn)
{
    assert((size_t)turn < ASSAY_PDQ_TURNS);
    return turns[turn].name;
}

/* Frequencies count from 1 and indices from 0: an odd frequency, which a mirror negates, is even.
 */
static bool is_negated(enum negated negated, size_t i, size_t j)
{
    switch (negated) {
    case NEVER:
        return false;
    case I_EVEN:
        return i % 2 == 0;
    case J_EVEN:
        return j % 2 == 0;
    case SUM_ODD:
        return (i + j) % 2 != 0;
    }
    assert(false);
    return false;
}

void pdq_turn(const float spectrum[PDQ_FREQUENCIES][PDQ_FREQUENCIES], enum assay_pdq_turn turn,
              float out[PDQ_FREQUENCIES][PDQ_FREQUENCIES])
{
    for (size_t i = 0; i < PDQ_FREQUENCIES; i++)
        for (size_t j = 0; j < PDQ_FREQUENCIES; j++) {
            float value = spectrum[i][j];
            if (is_negated(turns[turn].negated, i, j))
                value = -value;
            if (turns[turn].transposed)
                out[j][i] = value;
            else
                out[i][j] = value;
        }
}
