#include "cmd/cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/columns.h"
#include "base/file_write.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/table.h"
#include "base/text.h"
#include "base/units.h"
#include "bench/quote.h"
#include "cmd/try_mapping.h"
#include "infer/emit.h"
#include "infer/guess.h"
#include "infer/head.h"
#include "infer/identifier.h"
#include "settings/exit.h"

/* So many lines are read: half a second's work. */
enum { LINES = 10000 };

/* The FILE, and the names of what is made from it. */
struct init_names {
    const char *data;
    char *mapping, *proto; /* files to write */
    char *message;
};

/* --------------------------------------------------------------- names ---- */

static void
name_files(struct init_names *names, const struct settings *settings)
{
    char *stem = settings->init.output_name
                     ? mem_text(settings->init.output_name)
                     : identifier_stem(settings->input.files.items[0]);
    const char *slash = strrchr(stem, '/');

    names->data = settings->input.files.items[0];
    names->mapping = mem_format("%s.yml", stem);
    names->proto = mem_format("%s.proto", stem);
    names->message = identifier_message(slash ? slash + 1 : stem);
    free(stem);
}

static void
release(struct init_names *names)
{
    free(names->mapping);
    free(names->proto);
    free(names->message);
}

/* Before anything is read: -1 with a message when the name is taken. */
static int
check_free(const char *path)
{
    struct stat found;

    if (lstat(path, &found))
        return 0; /* any other error shows when it is created */
    complain("%s exists already and is not overwritten: give --output another "
             "name, or move it",
        path);
    return -1;
}

/* ------------------------------------------------------------- reading ---- */

/* The descriptor, or -1 with a message. */
static int
open_data(const char *path)
{
    struct stat found;
    int fd;

    if (strcmp(path, "-") == 0) {
        complain("init needs a file, which \"memc_load explain\" can read "
                 "again: save standard input to one");
        return -1;
    }
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &found)) {
        complain("%s: cannot be read: %s", path, strerror(errno));
    } else if (!S_ISREG(found.st_mode)) {
        complain("%s: is not a file with lines in it, but a %s", path,
            S_ISDIR(found.st_mode) ? "directory" : "pipe or a device");
    } else {
        return fd;
    }
    if (fd >= 0)
        close(fd);
    return -1;
}

/* -1 with a message when there is nothing to guess from. */
static int
read_head(const struct settings *settings, struct head *head)
{
    const char *path = settings->input.files.items[0], *reason;
    int fd = open_data(path);

    if (fd < 0)
        return -1;
    head_read(head, fd, settings->input.inflate, LINES);
    close(fd);
    reason = source_state_reason(head->state);
    if (!reason)
        return 0;
    complain("%s: %s: %s", path, reason, head->err.text);
    if (head->n_bytes == 0) {
        head_release(head);
        return -1;
    }
    complain("%s: guessing from what came before that", path);
    return 0;
}

/* ------------------------------------------------------------- writing ---- */

/* A new file, which never replaces another. -1 with a message. */
static int
write_new(const char *path, const struct text *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    int status;

    if (fd < 0) {
        complain("cannot create %s: %s", path, strerror(errno));
        return -1;
    }
    status = fd_write(fd, text->data, text->n_bytes);
    if (close(fd))
        status = -1;
    if (status) {
        complain("cannot write %s: %s", path, strerror(errno));
        unlink(path);
    }
    return status;
}

/* Both files or none. -1 with a message. */
static int
write_files(const struct init_names *names, const struct guess *guess)
{
    const char *slash = strrchr(names->proto, '/');
    struct emit_names emitted = {.data = names->data,
        .mapping = names->mapping,
        .proto = slash ? slash + 1 : names->proto,
        .message = names->message};
    struct text mapping = {0}, proto = {0};
    int status;

    emit_mapping(&mapping, guess, &emitted);
    emit_proto(&proto, guess, &emitted);
    status = write_new(names->proto, &proto);
    if (status == 0) {
        status = write_new(names->mapping, &mapping);
        if (status)
            unlink(names->proto);
    }
    text_release(&mapping);
    text_release(&proto);
    return status;
}

/* ---------------------------------------------------- what was guessed ---- */

/* A line each. */
static void
add_key_faults(struct text *out, const struct guess *guess)
{
    static void (*const faults[])(struct text *, const struct guess *) = {
        emit_no_key, emit_lost};
    struct text fault = {0};

    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        text_clear(&fault);
        faults[i](&fault, guess);
        if (fault.n_bytes > 0)
            text_format(out, "        %s\n", fault.data);
    }
    text_release(&fault);
}

/* "lines      10,000 of 10,000 have 19 columns, between commas" */
static void
add_input(struct text *out, const struct guess *guess)
{
    const struct dialect *dialect = &guess->dialect;
    char a[UNITS_TEXT_BYTES], b[UNITS_TEXT_BYTES], c[UNITS_TEXT_BYTES];

    text_format(out, "lines   %s of %s have %s",
        units_count(dialect->n_fitting, a), units_count(dialect->n_rows, b),
        units_of(guess->n_columns, "column", c));
    if (dialect->is_no_table)
        text_format(out, ": no tab, comma, semicolon or vertical bar makes "
                         "more of them");
    else
        text_format(out, " between %ss%s",
            delimiter_word(dialect->format.delimiter),
            dialect->is_quoted ? ", some in quotes" : "");
    if (dialect->odd_line > 0) {
        text_format(out, "; line %s has ", units_count(dialect->odd_line, a));
        if (dialect->odd_columns > 0)
            text_format(out, "%zu", dialect->odd_columns);
        else
            text_format(out, "none: %s", dialect->odd_why);
    }
    text_format(out, "\nheader  %s: %s%s\n",
        guess->header == HEADER_NONE ? "no" : "yes", guess->header_why,
        guess->header_is_sure ? "" : " (a guess)");
    text_format(out, "key     ");
    emit_key(out, guess);
    text_format(out, " (a guess): differs in %s of %s lines\n",
        units_count(guess->key.n_different, a), units_count(guess->n_lines, b));
    add_key_faults(out, guess);
    text_format(out, "\n");
}

static void
add_columns(struct text *out, const struct guess *guess, size_t room)
{
    struct table table = {0};
    struct text type = {0}, about = {0};

    table_column(&table, "column", TABLE_NAME);
    table_column(&table, "type", 0);
    table_column(&table, "seen", TABLE_NAME);
    for (size_t i = 0; i < guess->n_columns; i++) {
        const struct guess_column *column = &guess->columns[i];

        text_clear(&type);
        text_clear(&about);
        emit_type(&type, column);
        describe_column(&about, guess, i);
        table_cell(&table, "%s", column->name);
        table_cell(&table, "%s", type.data);
        table_cell(&table, "%s", about.data);
    }
    table_print(&table, room, out);
    table_release(&table);
    text_release(&type);
    text_release(&about);
}

/* What a load would do with these lines. */
static void
add_tried(struct text *out, const struct settings *settings,
    const struct tried *tried)
{
    char a[UNITS_TEXT_BYTES], b[UNITS_TEXT_BYTES];

    text_format(out, "Tried: of %s, %s would be stored",
        units_of(tried->lines, "line", a),
        tried->rejected ? units_count(tried->lines - tried->rejected, b)
                        : "all");
    if (tried->rejected > 0)
        text_format(out,
            "; line %s is the first that would be rejected: %s%s%s",
            units_count(tried->first_line, a), reason_word(tried->reason),
            *tried->detail ? ": " : "", tried->detail);
    text_format(out, ".\n");
    if ((double)tried->rejected >=
            settings->failure.max_error_rate * (double)tried->lines &&
        tried->rejected > 0)
        text_format(out,
            "A load of it would fail, since %g %% or more of its lines are "
            "rejected (--max-error-rate).\n",
            100 * settings->failure.max_error_rate);
}

/* For a shell. */
static void
add_command(struct text *out, const char *command,
    const struct init_names *names)
{
    text_format(out, "  %s --mapping ", command);
    quote_shell(out, names->mapping);
    text_format(out, " ");
    quote_shell(out, names->data);
    text_format(out, "\n");
}

static void
add_next_steps(struct text *out, const struct settings *settings,
    const struct init_names *names, const struct guess *guess)
{
    struct text lost = {0};
    struct tried tried;
    struct err err;

    text_format(out, "\nWrote %s and %s. ", names->mapping, names->proto);
    if (try_mapping(settings, names->mapping, names->data, LINES, &tried, &err))
        text_format(out, "They cannot be used yet: %s\n", err.text);
    else
        add_tried(out, settings, &tried);
    emit_lost(&lost, guess);
    if (lost.n_bytes > 0)
        text_format(out, "But %s.\n", lost.data);
    text_release(&lost);
    text_format(out, "See what would be stored, then load it:\n");
    add_command(out, "memc_load explain", names);
    add_command(out, "memc_load", names);
}

static int
report(const struct settings *settings, const struct init_names *names,
    const struct guess *guess)
{
    struct text text = {0};

    add_input(&text, guess);
    add_columns(&text, guess, room_of(stdout));
    add_next_steps(&text, settings, names, guess);
    fputs(text.data, stdout);
    text_release(&text);
    return finish_output();
}

static int
init(const struct settings *settings, const struct init_names *names)
{
    struct head head;
    struct guess guess;
    struct err err;
    int status = EXIT_NOT_ALL;

    if (read_head(settings, &head))
        return EXIT_NOT_ALL;
    if (guess_make(&guess, &head, LINES, settings->input.max_line_bytes, &err))
        complain("%s: %s", names->data, err.text);
    else if (write_files(names, &guess))
        status = EXIT_NO_GO;
    else
        status = report(settings, names, &guess);
    guess_release(&guess);
    head_release(&head);
    return status;
}

int
cmd_init(const struct settings *settings)
{
    struct init_names names;
    int status = EXIT_USAGE;

    if (settings->input.files.n > 1) {
        complain("init takes one FILE; \"%s\" is a second one",
            settings->input.files.items[1]);
        return EXIT_USAGE;
    }
    name_files(&names, settings);
    if (check_free(names.mapping) == 0 && check_free(names.proto) == 0)
        status = init(settings, &names);
    release(&names);
    return status;
}
