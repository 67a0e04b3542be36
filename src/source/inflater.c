#include "source/inflater.h"

#include <string.h>

static const struct inflater_type *const all[] = {
#ifdef HAVE_ISAL
    &inflater_isal,
#endif
    &inflater_zlib,
    NULL,
};

const struct inflater_type *
inflater_find(const char *name)
{
    for (size_t i = 0; all[i]; i++)
        if (strcmp(all[i]->name, name) == 0)
            return all[i];
    return NULL;
}

const struct inflater_type *const *
inflaters(void)
{
    return all;
}
