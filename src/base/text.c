#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static void
make_room(struct text *text, size_t n_bytes)
{
    size_t want = text->n_bytes + n_bytes + 1;

    if (want <= text->room_bytes)
        return;
    text->room_bytes = want < 256 ? 256 : want * 2;
    text->data = mem_grow(text->data, text->room_bytes, 1);
}

void
text_add(struct text *text, const char *bytes, size_t n_bytes)
{
    make_room(text, n_bytes);
    memcpy(text->data + text->n_bytes, bytes, n_bytes);
    text->n_bytes += n_bytes;
    text->data[text->n_bytes] = '\0';
}

void
text_format(struct text *text, const char *format, ...)
{
    va_list ap;
    int n;

    make_room(text, 128);
    va_start(ap, format);
    n = vsnprintf(text->data + text->n_bytes, text->room_bytes - text->n_bytes,
        format, ap);
    va_end(ap);
    if (n < 0)
        die("text_format: bad format");
    if (text->n_bytes + (size_t)n >= text->room_bytes) {
        make_room(text, (size_t)n);
        va_start(ap, format);
        vsnprintf(text->data + text->n_bytes, text->room_bytes - text->n_bytes,
            format, ap);
        va_end(ap);
    }
    text->n_bytes += (size_t)n;
}

void
text_clear(struct text *text)
{
    text->n_bytes = 0;
    if (text->data)
        text->data[0] = '\0';
}

void
text_release(struct text *text)
{
    free(text->data);
    *text = (struct text){0};
}
