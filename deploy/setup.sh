#!/bin/sh
# Builds .venv from the hash-pinned requirements, with whatever the machine has: uv, venv or pip.
set -eu
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }

find_python() {
    for name in python3 python3.14 python3.13 python3.12 python3.11 python; do
        path=$(command -v "$name" 2>/dev/null) || continue
        if "$path" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s' "$path"
            return 0
        fi
    done
    return 1
}

fail() {
    say "Guichet could not be set up: $1"
    say "On Debian or Ubuntu: apt-get install python3 python3-venv python3-pip make; then run the same command again."
    exit 2
}

uv=$(command -v uv 2>/dev/null || true)
python=$(find_python || true)
[ -n "$python$uv" ] || fail "no Python 3.11 or newer was found, and no uv."

# uv sets up in seconds where pip takes most of a minute; a private copy does no harm. Not essential.
if [ -z "$uv" ]; then
    [ -x .tools/bin/uv ] || {
        say "Setting up (1/3): the installer…"
        { "$python" -m venv .tools && .tools/bin/pip install -q --disable-pip-version-check uv==0.13.8; } >/dev/null 2>&1 ||
            "$python" -m pip install -q --disable-pip-version-check --target .tools/lib uv==0.13.8 >/dev/null 2>&1 || true
        if [ ! -x .tools/bin/uv ] && [ -x .tools/lib/bin/uv ]; then
            mkdir -p .tools/bin && ln -sf ../lib/bin/uv .tools/bin/uv
        fi
    }
    if [ -x .tools/bin/uv ] && .tools/bin/uv --version >/dev/null 2>&1; then uv=.tools/bin/uv; fi
fi

rm -f .venv/.ready
say "Setting up (2/3): the libraries, each checked against its hash…"
if [ -n "$uv" ]; then
    "$uv" venv -q --allow-existing --python "${python:-3.11}" .venv || fail "the environment could not be made."
    "$uv" pip sync -q --compile-bytecode --python .venv/bin/python --require-hashes requirements-dev.txt || fail "the libraries could not be installed."
    say "Setting up (3/3): the command…"
    "$uv" pip install -q --python .venv/bin/python --no-deps --no-build-isolation -e . || fail "the command could not be installed."
else
    if ! "$python" -m venv .venv 2>/dev/null; then
        "$python" -m venv --without-pip .venv 2>/dev/null || fail "this Python has no venv module."
        "$python" -m pip --version >/dev/null 2>&1 || fail "this Python has neither venv with pip, nor pip."
        pip="$python -m pip --python .venv/bin/python"
    else
        pip=".venv/bin/python -m pip"
    fi
    $pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.txt || fail "the libraries could not be installed."
    say "Setting up (3/3): the command…"
    $pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e . || fail "the command could not be installed."
fi
# Compiled once here: otherwise each command pays for it where the environment forbids writing bytecode.
.venv/bin/python -m compileall -q domain schemas rules rendering publication notifications ingest || true
touch .venv/.ready
say "Ready: .venv/bin/guichet"
