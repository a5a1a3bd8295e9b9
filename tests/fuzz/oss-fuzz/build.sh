#!/bin/bash -eu
# SPDX-License-Identifier: MIT
# Builds all targets for OSS-Fuzz, which sets CC, CXX, CFLAGS, CXXFLAGS, LIB_FUZZING_ENGINE, SRC, WORK and OUT.
cd "$SRC/oriel"
# The libraries of the system that we link are made for its own C++ library.
export CXXFLAGS=${CXXFLAGS//-stdlib=libc++/}
build=$WORK/oriel
# shellcheck disable=SC2016 # the dynamic linker's variable
meson setup "$build" -Dtests=true -Dbench=disabled -Dfuzz=true "-Dfuzz-engine=$LIB_FUZZING_ENGINE" \
    -Dhardened=false -Ddebug=false -Doptimization=1 -Db_lundef=false -Dunity=on -Dunity_size=10 \
    -Dprecompiled=false '-Dcpp_link_args=-Wl,-rpath,$ORIGIN/lib'
mapfile -t targets < <(ninja -C "$build" -t targets all | grep -o '^tests/fuzz/fuzz-[a-z0-9-]*:' | tr -d : | sort -u)
ninja -C "$build" "${targets[@]}"
mkdir -p "$OUT/lib"
for target in "${targets[@]}"; do
    program=$(basename "$target")
    name=${program#fuzz-}
    cp "$build/$target" "$OUT/$program"
    # The machine that runs them has none of these.
    ldd "$OUT/$program" | awk '$3 ~ /^\// { print $3 }' |
        grep -vE '/(libc|libm|libdl|libpthread|librt|libresolv)\.so' | xargs -r cp -n -L -t "$OUT/lib"
    (cd "tests/fuzz/corpus/$name" && python3 -m zipfile -c "$OUT/${program}_seed_corpus.zip" ./*)
    if [ -e "tests/fuzz/dictionaries/$name.dict" ]; then
        cp "tests/fuzz/dictionaries/$name.dict" "$OUT/$program.dict"
    fi
done
