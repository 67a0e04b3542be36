#include "base/utf8.h"

#include <string.h>

size_t
utf8_decode(const char *at, size_t n_bytes, uint32_t *code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *bytes = (const unsigned char *)at;
    uint32_t value;
    size_t n;

    *code = bytes[0];
    if (bytes[0] < 0x80)
        return 1;
    if (bytes[0] < 0xc2 || bytes[0] > 0xf4)
        return 0;
    n = bytes[0] < 0xe0 ? 2 : bytes[0] < 0xf0 ? 3 : 4;
    if (n > n_bytes)
        return 0;
    value = bytes[0] & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (bytes[i] & 0x3f);
    }
    if (value < least[n] || value > 0x10ffff ||
        (value >= 0xd800 && value <= 0xdfff))
        return 0;
    *code = value;
    return n;
}

bool
utf8_is_valid(const char *bytes, size_t n_bytes)
{
    uint64_t word;
    uint32_t code;
    size_t i = 0, n;

    while (i < n_bytes) {
        if (n_bytes - i >= sizeof(word)) {
            memcpy(&word, bytes + i, sizeof(word));
            if (!(word & UINT64_C(0x8080808080808080))) {
                i += sizeof(word);
                continue;
            }
        }
        n = utf8_decode(bytes + i, n_bytes - i, &code);
        if (!n)
            return false;
        i += n;
    }
    return true;
}
