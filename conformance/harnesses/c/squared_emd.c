/* The squared EMD in C, behind a harness:
 *     cc -O2 -o squared_emd squared_emd.c emd_protocol.c -lm && emd-conformance run "cmd:./squared_emd" */
#include "emd_protocol.h"

static const char *loss(const emd_request *request, double *result)
{
    const double *p = request->predicted, *t = request->target;
    for (size_t i = 0; i < request->samples; i++) {
        double D = 0, sum = 0;
        for (size_t k = 0; k < request->classes; k++, p++, t++) {
            D += *p - *t;
            sum += D * D;
        }
        result[i] = sum;
    }
    return NULL;
}

static const char *grad(const emd_request *request, double *result)
{
    size_t C = request->classes;
    for (size_t i = 0; i < request->samples; i++, result += C) {
        double D = 0, tail = 0;
        for (size_t k = 0; k < C; k++)
            result[k] = D += request->predicted[i * C + k] - request->target[i * C + k];
        for (size_t k = C; k-- > 0;)
            result[k] = 2 * (tail += result[k]);
    }
    return NULL;
}

int main(void)
{
    const emd_harness harness = {
        .name = "c-example",
        .version = "1.0",
        .capabilities = "[\"gradient\", \"off-simplex\", \"empty-batch\"]",
        .declaration = "{}",
        .loss = loss,
        .grad = grad,
    };
    return emd_serve(&harness);
}
