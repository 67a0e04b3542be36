# memc_load: `make` builds the optimised, portable program as ./memc_load.
# Other builds stay in build/<mode>/. `make help` lists the targets.

VERSION  := 0.1.0
MODE     ?= release
PREFIX   ?= /usr/local
DESTDIR  ?=
CC       ?= cc
PROTOC   ?= protoc
PROTOC_C ?= protoc-c
T        ?= 60
MINUTES  ?= 30
V        ?= 0
DEVELOPER ?= 0

B   := build/$(MODE)
GEN := build/gen
Q   := $(if $(filter 1,$(V)),,@)
say  = $(if $(filter 1,$(V)),,@printf '  %-8s %s\n' $(1) $(2))

# --- libraries, all by pkg-config (scripts/deps installs them) -------------
LIBS := libmemcached libprotobuf-c zlib libzstd yaml-0.1 jansson libxxhash
ISAL := $(shell pkg-config --exists libisal && echo yes)
ifeq ($(ISAL),yes)
LIBS += libisal
HAVE := -DHAVE_ISAL
else
$(info note: libisal is not installed; inflating with zlib alone)
endif
ifneq ($(MAKECMDGOALS),clean)
ifneq ($(MAKECMDGOALS),help)
ifneq ($(shell pkg-config --exists $(LIBS) && echo yes),yes)
$(error libraries are missing: run scripts/deps (needs: $(LIBS)))
endif
endif
endif
# where google/protobuf/descriptor.proto is (libprotobuf-dev)
PROTO_DIR  := $(or $(shell pkg-config --variable=includedir protobuf \
	2>/dev/null),/usr/include)
LIB_CFLAGS := $(shell pkg-config --cflags $(LIBS) 2>/dev/null)
# libhashkit is a part of libmemcached that its file for pkg-config leaves out
LIB_LIBS   := $(shell pkg-config --libs $(LIBS) 2>/dev/null) -lhashkit

# --- flags ------------------------------------------------------------------
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wformat=2 -Wpointer-arith -Wvla -Wconversion -Wundef -Wwrite-strings
ifeq ($(DEVELOPER),1)
WARN += -Werror
endif

OPT_release := -O2 -g
OPT_debug   := -O0 -g3
# -g1: enough for the stacks of what they find, and less to write and link
OPT_asan    := -O1 -g1 -fsanitize=address,undefined \
	-fno-sanitize-recover=all -fno-omit-frame-pointer
OPT_ubsan   := -O1 -g1 -fsanitize=undefined -fno-sanitize-recover=all
OPT_tsan    := -O1 -g1 -fsanitize=thread
OPT_cov     := -O0 -g --coverage
OPT_valgrind := -O1 -g
# built by clang alone; see tests/fuzz/README.md
OPT_fuzz    := -O1 -g1 -fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=all -fno-omit-frame-pointer
ifeq ($(MODE)$(origin CC),fuzzdefault)
CC := clang
endif
ifeq ($(OPT_$(MODE)),)
$(error unknown MODE=$(MODE): release debug asan ubsan tsan cov valgrind fuzz)
endif

override CPPFLAGS += -D_GNU_SOURCE -DMEMC_LOAD_VERSION='"$(VERSION)"' $(HAVE) \
	-Isrc -I$(GEN) $(LIB_CFLAGS)
override CFLAGS   := -std=c11 $(OPT_$(MODE)) $(WARN) -pthread $(CFLAGS)
override LDFLAGS  += $(filter -fsanitize=% --coverage,$(OPT_$(MODE))) -pthread
ifeq ($(MODE)$(findstring clang,$(CC)),asan)
# a quarter less CPU for a run on a small file than with the shared ones
override LDFLAGS  += -static-libasan -static-libubsan
endif
override LDLIBS   += $(LIB_LIBS) -lm

# --- what is built ----------------------------------------------------------
SRC := $(sort $(wildcard src/*/*.c))
ifneq ($(ISAL),yes)
SRC := $(filter-out %_isal.c,$(SRC))
endif
PROTO_C := $(GEN)/appsinstalled.pb-c.c $(GEN)/google/protobuf/descriptor.pb-c.c
# the files that are compiled in, see base/builtin.h
BUILTIN := $(GEN)/builtin.c
GEN_SRC := $(PROTO_C) $(BUILTIN)
OBJ  := $(SRC:src/%.c=$(B)/%.o) $(GEN_SRC:$(GEN)/%.c=$(B)/gen/%.o)
LIB  := $(B)/libmemc_load.a
PROG := $(B)/memc_load

TEST_SRC := $(sort $(wildcard tests/unit/test_*.c tests/contract/test_*.c))
# these start memcached
SERVER_TEST_SRC := $(sort $(wildcard tests/server/test_*.c))
ifeq ($(MODE)$(THREADS_ONLY),tsan1)
# as CI has it: without threads there is no race, and all is ten times slower
TEST_SRC := $(sort $(wildcard tests/contract/test_*.c) \
	$(shell grep -l pthread_create tests/unit/test_*.c))
endif
TESTS := $(TEST_SRC:tests/%.c=$(B)/tests/%)
SERVER_TESTS := $(SERVER_TEST_SRC:tests/%.c=$(B)/tests/%)
FUZZERS := $(patsubst tests/%.c,$(B)/tests/%,\
	$(sort $(wildcard tests/fuzz/fuzz_*.c)))
SUPPORT := $(patsubst tests/support/%.c,$(B)/support/%,\
	$(filter-out %_preload.c,$(sort $(wildcard tests/support/*.c)))) \
	$(patsubst tests/support/%.c,$(B)/support/%.so,\
	$(sort $(wildcard tests/support/*_preload.c)))
ifneq ($(ISAL),yes)
SUPPORT := $(filter-out %/bare,$(SUPPORT))
endif

## all: the program, as ./memc_load
.PHONY: all
all: memc_load

memc_load: build/release/memc_load
	$(Q)cp -f $< $@

ifneq ($(MODE),release)
.PHONY: build/release/memc_load
build/release/memc_load:
	$(Q)$(MAKE) --no-print-directory MODE=release build/release/memc_load
endif

$(PROG): $(B)/main.o $(LIB)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(LIB): $(OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(B)/%.o: src/%.c $(PROTO_C)
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# protoc-c's output is not ours to warn about
$(B)/gen/%.o: $(GEN)/%.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -w -c -o $@ $<

$(GEN)/appsinstalled.pb-c.c: proto/appsinstalled.proto
	@mkdir -p $(@D)
	$(call say,PROTOC,$<)
	$(Q)$(PROTOC_C) --proto_path=proto --c_out=$(GEN) $<

$(GEN)/google/protobuf/descriptor.pb-c.c: \
		$(PROTO_DIR)/google/protobuf/descriptor.proto
	@mkdir -p $(@D)
	$(call say,PROTOC,$<)
	$(Q)$(PROTOC_C) --proto_path=$(PROTO_DIR) --c_out=$(GEN) $<

$(PROTO_DIR)/google/protobuf/descriptor.proto:
	$(error $@ is missing: run scripts/deps)

$(GEN)/appsinstalled.pb: proto/appsinstalled.proto
	@mkdir -p $(@D)
	$(call say,PROTOC,$<)
	$(Q)$(PROTOC) --proto_path=proto --include_imports \
	  --descriptor_set_out=$@ $<

# $(call array,NAME,FILE): that file as the bytes of an array
array = echo 'const char $(1)[] = {'; od -An -v -td1 $(2) | \
	sed 's/[0-9][0-9]*/&,/g'; \
	echo '};'; echo 'const size_t $(1)_bytes = sizeof($(1));'

$(BUILTIN): proto/appsinstalled.yml $(GEN)/appsinstalled.pb Makefile
	@mkdir -p $(@D)
	$(call say,EMBED,$<)
	$(Q){ echo '#include "base/builtin.h"'; \
	  $(call array,builtin_mapping,proto/appsinstalled.yml); \
	  $(call array,builtin_descriptor,$(GEN)/appsinstalled.pb); } >$@.part
	$(Q)mv $@.part $@

## proto: regenerate what is made of proto/
.PHONY: proto
proto:
	$(Q)rm -f $(GEN_SRC) $(GEN)/appsinstalled.pb
	$(Q)$(MAKE) --no-print-directory $(GEN_SRC)

# --- tests ------------------------------------------------------------------
# A hundred programs are linked in each build: gold, of binutils, takes 0.14 s
# of CPU for one, where ld takes 0.33 (with AddressSanitizer).
TEST_LD := $(if $(shell command -v ld.gold),-fuse-ld=gold)
# And compiled, in 0.1 s each, not 0.2: what they test is optimised.
TEST_CFLAGS := -O0 -g1

# linked against the archive; --wrap flags, where a test wants them, stand in
# the test itself on a line "// LDFLAGS: ..."
$(B)/tests/%: tests/%.c $(LIB)
	@mkdir -p $(@D)
	$(call say,TEST,$<)
	$(Q)$(CC) $(CPPFLAGS) -Itests $(CFLAGS) $(TEST_CFLAGS) -Wno-conversion \
	  $(LDFLAGS) $(TEST_LD) $(shell sed -n 's|^// LDFLAGS: ||p' $<) -MMD -MP -o $@ $< $(LIB) \
	  $(LDLIBS) -lcmocka

$(B)/support/%.so: tests/support/%.c
	@mkdir -p $(@D)
	$(call say,SUPPORT,$<)
	$(Q)$(CC) -D_GNU_SOURCE -std=c11 -O2 -Wall -shared -fPIC -MMD -MP \
	  -MF $@.d -o $@ $< -ldl

$(B)/support/%: tests/support/%.c $(LIB)
	@mkdir -p $(@D)
	$(call say,SUPPORT,$<)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -MMD -MP -o $@ $< $(LIB) \
	  $(LDLIBS)

# these link with nothing of src/, on purpose
$(B)/support/gen $(B)/support/compare: $(B)/support/%: tests/support/%.c
	@mkdir -p $(@D)
	$(call say,SUPPORT,$<)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -MMD -MP -o $@ $< $(LDLIBS)

$(B)/support/bare: tests/support/bare.c $(B)/gen/appsinstalled.pb-c.o
	@mkdir -p $(@D)
	$(call say,SUPPORT,$<)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -MMD -MP -o $@ $^ $(LDLIBS)

.PHONY: support
support: $(SUPPORT) $(PROG)

## test: unit and contract tests (no server, no network, no memcached)
.PHONY: test
test: $(TESTS)
	$(Q)tests/run $(MODE) unit contract

## check: every test: unit, contract, on real memcached, integration and CLI
# (TORTURE='torture network': those beside them)
.PHONY: check
check: $(TESTS) $(SERVER_TESTS) $(PROG) support
	$(Q)tests/run $(MODE) unit contract server integration cli $(TORTURE)

## torture: every call that can fail failing in turn, losses, a minute of soak
## losses: what servers lose at 1,400 random moments (a quarter of an hour)
## soak: small loads for MINUTES=30, some of them killed: nothing is left
.PHONY: torture losses soak
torture: $(PROG) support
	$(Q)tests/run $(MODE) torture
losses: $(PROG) support
	$(Q)tests/run $(MODE) torture --only test_random_losses --show
soak: $(PROG) support
	$(Q)MEMC_SOAK_MINUTES=$(MINUTES) tests/run $(MODE) torture \
	  --only test_soak --show --minutes $(MINUTES)

## network: loads over bad networks, as root (seven minutes)
.PHONY: network
network: $(PROG) support
	$(Q)tests/run $(MODE) network

## asan: every test under AddressSanitizer and UBSan; MEMORY_ONLY=1: most
## tsan: every test under ThreadSanitizer; THREADS_ONLY=1: those with threads
## ubsan: every test under UBSan alone
.PHONY: asan tsan ubsan
asan tsan ubsan:
	$(Q)$(MAKE) --no-print-directory MODE=$@ check

## valgrind: every test under valgrind
.PHONY: valgrind
valgrind:
	$(Q)$(MAKE) --no-print-directory MODE=valgrind check

## cov: line coverage of every test, per file (needs gcovr)
.PHONY: cov
cov:
	$(Q)$(MAKE) --no-print-directory MODE=cov check
	$(Q)gcovr -r . --object-directory build/cov -f 'src/' --print-summary

# the process ends in die() by _exit(2), which libFuzzer does not see: such an
# end is made an abort(3) by fuzz.h
$(B)/tests/fuzz/%: tests/fuzz/%.c $(LIB)
	@mkdir -p $(@D)
	$(call say,FUZZER,$<)
	$(Q)$(CC) $(CPPFLAGS) -Itests $(CFLAGS) -Wno-conversion $(LDFLAGS) \
	  $(TEST_LD) -fsanitize=fuzzer -Wl,--wrap=_exit \
	  $(shell sed -n 's|^// LDFLAGS: ||p' $<) -MMD -MP -o $@ $< $(LIB) \
	  $(LDLIBS)

.PHONY: fuzzers
fuzzers: $(FUZZERS)

## fuzz: every fuzzer for T=60 seconds, from its seeds (FUZZ=NAMES for some)
.PHONY: fuzz
fuzz:
	$(Q)scripts/fuzz -t $(T) $(FUZZ)

## bench: the loader against the bare program; BENCH=--shards for its growth
.PHONY: bench
bench: memc_load
	$(Q)$(MAKE) --no-print-directory MODE=release support
	$(Q)scripts/bench $(BENCH)

## flights: a million rows of a public shape loaded, all read back
.PHONY: flights
flights: memc_load
	$(Q)scripts/flights $(FLIGHTS)

## tune: measure docs/tuning.md anew, tables and pictures (10 minutes)
.PHONY: tune
tune: memc_load
	$(Q)scripts/tune $(TUNE)

## verification: measure what docs/verification.md says (two minutes)
.PHONY: verification
verification: memc_load
	$(Q)$(MAKE) --no-print-directory MODE=release support
	$(Q)scripts/verification --plot docs/verification-coverage.svg \
	  --write docs/verification.md
	$(Q)scripts/verification --cost --write docs/verification.md

# --- keeping the house in order ---------------------------------------------
## clang: what clang says of every test; builds nothing
# (it says it of the program when it builds the fuzzers)
CLANG_CHECK = xargs -P "$$(nproc)" -n 16 clang -fsyntax-only $(CPPFLAGS) \
	$(CFLAGS)
.PHONY: clang
clang: $(PROTO_C)
	$(Q)printf '%s\n' $(TEST_SRC) $(SERVER_TEST_SRC) | $(CLANG_CHECK) -Itests \
	  -Wno-conversion
	$(Q)printf '%s\n' $(wildcard tests/support/*.c) | $(CLANG_CHECK)

C_FILES := $(sort $(shell find src tests -name '*.[ch]'))
SHELL_FILES := $(sort $(shell grep -lrE '^\#!.*\b(ba)?sh' scripts tests .ci \
	completions 2>/dev/null))

## lint: format, clang-tidy, rooms and their files, shellcheck, compose
.PHONY: lint
lint: format-check $(PROTO_C) $(LIB)
	$(Q)scripts/check-deps $(B)
	$(Q)shellcheck -x $(SHELL_FILES)
	$(Q)scripts/check-compose docker-compose.yml
	$(Q)scripts/tidy $(CPPFLAGS)

## format: let clang-format decide
.PHONY: format format-check
format:
	$(Q)clang-format -i $(C_FILES)
format-check:
	$(Q)clang-format --dry-run -Werror $(C_FILES)

## up: four memcached servers on 33013-33016, through docker compose
## down: stop them
.PHONY: up down
up:
	docker compose up -d
down:
	docker compose down

# --- installing -------------------------------------------------------------
bindir  := $(DESTDIR)$(PREFIX)/bin
mandir  := $(DESTDIR)$(PREFIX)/share/man/man1
man5dir := $(DESTDIR)$(PREFIX)/share/man/man5
compdir := $(DESTDIR)$(PREFIX)/share/bash-completion/completions
docdir  := $(DESTDIR)$(PREFIX)/share/doc/memc_load

## install: program, man page, completion (PREFIX=/usr/local DESTDIR=)
.PHONY: install uninstall
install: memc_load
	install -d $(bindir) $(mandir) $(man5dir) $(compdir) $(docdir)
	install -m 755 memc_load $(bindir)/memc_load
	install -m 644 man/memc_load.1 man/memc_load-bench.1 $(mandir)
	install -m 644 man/memc_load-mapping.5 $(man5dir)
	install -m 644 completions/memc_load.bash $(compdir)/memc_load
	install -m 644 proto/appsinstalled.proto proto/appsinstalled.yml \
	  README.md LICENSE $(docdir)
	install -d $(docdir)/examples
	install -m 644 examples/README.md examples/flights.yml \
	  examples/flights.proto examples/flights.csv $(docdir)/examples

## uninstall: remove what install put there
uninstall:
	rm -f $(bindir)/memc_load $(mandir)/memc_load.1 \
	  $(mandir)/memc_load-bench.1 $(man5dir)/memc_load-mapping.5 \
	  $(compdir)/memc_load
	rm -rf $(docdir)

## clean: remove everything that was built
.PHONY: clean
clean:
	rm -rf build memc_load

## help: this list
.PHONY: help
help:
	@sed -n 's/^## \([a-z-]*\): \(.*\)/  make \1\t\2/p' Makefile | \
	  expand -t 20

-include $(OBJ:.o=.d) $(B)/main.d $(TESTS:=.d) $(SERVER_TESTS:=.d) \
	$(SUPPORT:=.d) $(FUZZERS:=.d)
