/* Protocol 1 of emd_conformance, for a loss in C: copy emd_protocol.h and emd_protocol.c and call emd_serve. */
#ifndef EMD_PROTOCOL_H
#define EMD_PROTOCOL_H

#include <stddef.h>

/* One case: rows of predictions, and targets of the same shape or, for a loss that takes labels, one number a row. */
typedef struct {
    size_t samples, classes;
    const double *predicted, *target;
} emd_request;

/* Writes one number a sample (loss), or one row a sample (grad). Returns NULL, or why the input is rejected. */
typedef const char *emd_function(const emd_request *request, double *result);

typedef struct {
    const char *name, *version;
    const char *capabilities; /* JSON: ["gradient", "off-simplex"] */
    const char *declaration;  /* JSON: {"computes": "E/C"} */
    emd_function *loss, *grad;
} emd_harness;

/* Answers requests until the input ends, and returns the exit code. */
int emd_serve(const emd_harness *harness);

#endif
