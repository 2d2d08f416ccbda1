#!/usr/bin/env bash
# Builds the tools that ship with ringfence, and those for its tests, into guest-tools/prebuilt/.
#
#   build.sh              build, and commit what changed in prebuilt/
#   build.sh --into DIR   build into DIR instead (CI tests what it rebuilt)
#   build.sh --check      fail if sources changed without a rebuild; needs no toolchain
#
# Two routes lead to the same target, wasm32-unknown-unknown, because there a component imports
# nothing but what its WIT says:
#   rustup   where `rustup target add wasm32-unknown-unknown` was done
#   debian   rustc-web of Debian, which brings the sources of std: packages are installed when root
# The committed components come from the Debian route: building std for size makes them a fifth
# smaller. The same toolchain gives the same bytes, wherever the checkout is.
set -euo pipefail

guests=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repository=$(dirname "$guests")
tools=(codec conformance data fetch files netscan probe text time)
target=wasm32-unknown-unknown
into=$guests/prebuilt

fail() {
    echo "build.sh: $*" >&2
    exit 1
}

# The digest over a tool's sources: see pack/src/sources.rs, which does the same.
sources() {
    local tool=$1 folders=(wasi "$1")
    if grep -qs ringfence:tool/ "$guests/$tool/wit/world.wit"; then folders+=(../wit); fi
    (
        cd "$guests"
        {
            printf '%s\0' Cargo.lock Cargo.toml build.sh
            find "${folders[@]}" -name '.*' -prune -o -type f ! -path "$tool/README.md" -print0
        } | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1
    )
}

# What provenance.toml says about a tool.
recorded() {
    local tool=$1 key=$2
    awk -v section="[tools.$tool]" -v key="$key" \
        '/^\[/ { here = ($0 == section) } here && $1 == key { gsub(/"/, "", $3); print $3 }' \
        "$guests/prebuilt/provenance.toml"
}

check() {
    local tool stale=0
    for tool in "${tools[@]}"; do
        if [ "$(recorded "$tool" sources)" != "sha256:$(sources "$tool")" ]; then
            echo "$tool: its sources changed after it was built" >&2
            stale=1
        fi
        if [ "$(recorded "$tool" component)" != \
            "sha256:$(sha256sum <"$guests/prebuilt/$tool.wasm" | cut -d' ' -f1)" ]; then
            echo "$tool: the component is not the one on record" >&2
            stale=1
        fi
    done
    [ "$stale" = 0 ] || fail "run 'just guests' and commit guest-tools/prebuilt"
    echo "the prebuilt tools belong to their sources"
}

has_rustup_target() {
    command -v rustup >/dev/null && rustup target list --installed 2>/dev/null | grep -qx "$target"
}

# Debian's toolchain, at least of the version that Cargo.toml asks for.
debian_is_ready() {
    local wanted found
    wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$guests/Cargo.toml")
    [ -x /usr/bin/rustc ] && [ -x /usr/bin/cargo ] || return 1
    [ -e /usr/lib/rustlib/src/rust/library/std/Cargo.toml ] || return 1
    command -v wasm-ld-19 >/dev/null && command -v wasm-opt >/dev/null || return 1
    found=$(/usr/bin/rustc --version | cut -d' ' -f2)
    [ "$(printf '%s\n' "$wanted" "$found" | sort -V | head -n1)" = "$wanted" ]
}

install_debian() {
    command -v apt-get >/dev/null ||
        fail "no toolchain for $target: run 'rustup target add $target'"
    [ "$(id -u)" = 0 ] ||
        fail "no toolchain for $target: run 'rustup target add $target', or this as root"
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends \
        rustc-web cargo-web rust-web-src lld-19 binaryen >/dev/null
    debian_is_ready || fail "Debian's rustc-web is too old for Cargo.toml's rust-version"
}

compile() {
    local sysroot registry flags packages=()
    sysroot=$("$RUSTC" --print sysroot)
    flags="--remap-path-prefix=$guests=guest-tools --remap-path-prefix=$sysroot=rust"
    for registry in "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*/; do
        flags+=" --remap-path-prefix=${registry%/}=registry"
    done
    local tool
    for tool in "${tools[@]}"; do packages+=(-p "$tool"); done
    # A panic cannot say anything in a sandbox without output: it becomes a trap at once, which saves
    # the text of every message.
    if [ "$route" = debian ]; then flags+=" -Zunstable-options -Cpanic=immediate-abort"; fi
    (
        cd "$guests"
        # What the environment of a build may not change.
        unset CARGO_ENCODED_RUSTFLAGS RUSTC_WRAPPER RUSTC_WORKSPACE_WRAPPER CARGO_BUILD_TARGET
        export CARGO_INCREMENTAL=0 RUSTFLAGS="$flags" CARGO_TARGET_DIR="$work"
        "$CARGO" build --release --locked --target "$target" "${build_std[@]}" "${packages[@]}"
    )
}

# wasm-opt saves another tenth. Only what compilers of today emit anyway may be used.
shrink() {
    local tool=$1 module=$work/$target/release/$1.wasm
    if [ "$optimiser" = none ]; then
        cp "$module" "$work/modules/$tool.wasm"
    else
        wasm-opt -Oz --strip-debug --enable-bulk-memory --enable-multivalue \
            --enable-mutable-globals --enable-nontrapping-float-to-int \
            --enable-reference-types --enable-sign-ext \
            "$module" -o "$work/modules/$tool.wasm"
    fi
}

case "${1:-}" in
--check)
    check
    exit
    ;;
--into)
    mkdir -p "${2:?--into needs a folder}"
    into=$(cd "$2" && pwd)
    ;;
"") ;;
*) fail "unknown argument '$1'; see the top of this file" ;;
esac

base=${CARGO_TARGET_DIR:-$repository/target}
if has_rustup_target; then
    route=rustup
    RUSTC=$(rustup which rustc)
    CARGO=$(rustup which cargo)
    build_std=()
    linker=rust-lld
else
    route=debian
    debian_is_ready || install_debian
    RUSTC=/usr/bin/rustc
    CARGO=/usr/bin/cargo
    build_std=(-Z "build-std=std,panic_abort" -Z build-std-features=optimize_for_size)
    linker=$(wasm-ld-19 --version)
fi
work=$base/guests-$route
mkdir -p "$work/modules"

(
    export RUSTC
    if [ "$route" = debian ]; then
        # Sources of std are built by the compiler they came with.
        export RUSTC_BOOTSTRAP=1 CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-19
    fi
    compile
)
if command -v wasm-opt >/dev/null; then optimiser=$(wasm-opt --version); else optimiser=none; fi
for tool in "${tools[@]}"; do shrink "$tool"; done

# On the host, with whatever toolchain the repository is built with.
cargo run --quiet --manifest-path "$repository/Cargo.toml" -p ringfence-guest-pack -- \
    "$guests" "$work/modules" "$into" \
    "route=$route" "rustc=$("$RUSTC" --version)" "linker=$linker" "wasm-opt=$optimiser"
