/* This reader knows only what Protocol 1 sends: one flat object a line, of strings, numbers and arrays of numbers. */
#include "emd_protocol.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    double *numbers;
    size_t count, rows, columns; /* columns: numbers in the first row; ragged: count differs from rows * columns */
} array;

/* Returns where the value of a key begins. */
static const char *value_of(const char *line, const char *key)
{
    char quoted[32];
    snprintf(quoted, sizeof quoted, "\"%s\"", key);
    for (const char *found = line; (found = strstr(found, quoted));) {
        found += strlen(quoted);
        found += strspn(found, " ");
        if (*found == ':')
            return found + 1 + strspn(found + 1, " ");
    }
    return NULL; /* the line has the word only as a value */
}

static int says(const char *line, const char *key, const char *text)
{
    const char *value = value_of(line, key);
    return value && strncmp(value + 1, text, strlen(text)) == 0 && value[1 + strlen(text)] == '"';
}

/* Reads [1, 2] or [[1, 2], [3, 4]]; strtod reads nan and inf too; the quotes around them are skipped. */
static array read_array(const char *text)
{
    array result = {0};
    size_t room = 0;
    int depth = 0;
    for (; text && *text; text++) {
        if (*text == '[') {
            depth++;
        } else if (*text == ']') {
            result.rows += depth == 2;
            if (depth == 2 && result.rows == 1)
                result.columns = result.count;
            if (--depth == 0)
                break;
        } else if (!strchr("\", ", *text)) {
            char *end;
            if (result.count == room)
                result.numbers = realloc(result.numbers, (room = 2 * room + 16) * sizeof(double));
            result.numbers[result.count++] = strtod(text, &end);
            if (end == text)
                break; /* not a number: the count will differ from rows * columns */
            text = end - 1;
        }
    }
    return result;
}

static void write_number(double x)
{
    if (isnan(x))
        printf("\"nan\"");
    else if (isinf(x))
        printf(x > 0 ? "\"inf\"" : "\"-inf\"");
    else
        printf("%.17g", x); /* with 17 digits every double reads back unchanged */
}

static void write_row(const double *numbers, size_t count)
{
    putchar('[');
    for (size_t i = 0; i < count; i++) {
        if (i)
            putchar(',');
        write_number(numbers[i]);
    }
    putchar(']');
}

static void write_rows(const double *numbers, size_t rows, size_t columns)
{
    putchar('[');
    for (size_t i = 0; i < rows; i++) {
        if (i)
            putchar(',');
        write_row(numbers + i * columns, columns);
    }
    putchar(']');
}

static void answer(const emd_harness *harness, const char *line, const array *predicted, const array *target)
{
    int wants_loss = says(line, "want", "loss");
    size_t classes = (size_t)strtoul(value_of(line, "classes"), NULL, 10), samples = predicted->rows;
    int labels = target->rows == 0 && target->count == samples;
    int alike = target->rows == samples && target->count == predicted->count && target->columns == predicted->columns;
    if (predicted->count != samples * classes || !(labels || alike)) {
        printf("{\"rejected\": \"predicted and target have shapes that do not fit\"}\n");
        return;
    }
    emd_request request = {samples, classes, predicted->numbers, target->numbers};
    double *result = calloc(samples * classes + 1, sizeof(double));
    const char *reason = (wants_loss ? harness->loss : harness->grad)(&request, result);
    if (reason) {
        printf("{\"rejected\": \"%s\"}\n", reason);
    } else {
        printf("{\"%s\": ", wants_loss ? "loss" : "grad");
        wants_loss ? write_row(result, samples) : write_rows(result, samples, classes);
        printf("}\n");
    }
    free(result);
}

static void run(const emd_harness *harness, const char *line)
{
    array predicted = read_array(value_of(line, "predicted")), target = read_array(value_of(line, "target"));
    answer(harness, line, &predicted, &target);
    free(predicted.numbers);
    free(target.numbers);
}

static void echo(const char *line)
{
    array values = read_array(value_of(line, "values"));
    printf("{\"values\": ");
    write_row(values.numbers, values.count);
    printf("}\n");
    free(values.numbers);
}

/* Reads a line of any length. */
static char *read_line(char **buffer, size_t *room)
{
    size_t used = 0;
    for (int c; (c = getchar()) != EOF && c != '\n';) {
        if (used + 2 > *room)
            *buffer = realloc(*buffer, *room = 2 * *room + 256);
        (*buffer)[used++] = (char)c;
    }
    if (used)
        (*buffer)[used] = '\0';
    return used ? *buffer : NULL;
}

int emd_serve(const emd_harness *harness)
{
    char *buffer = NULL, *line;
    size_t room = 0;
    while ((line = read_line(&buffer, &room)) && !says(line, "type", "stop")) {
        if (says(line, "type", "start"))
            printf("{\"protocol\": 1, \"name\": \"%s\", \"version\": \"%s\", \"capabilities\": %s, \"declaration\": %s}\n",
                   harness->name, harness->version, harness->capabilities, harness->declaration);
        else if (says(line, "type", "echo"))
            echo(line);
        else
            run(harness, line);
        fflush(stdout);
    }
    free(buffer);
    return 0;
}
