#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A real `blender` program for trying the extension and the batch on a Debian machine, without installing anything on it:
# unpacks the distribution's package with its libraries into a folder, and writes a launcher that runs it in a bubblewrap sandbox.
#
#   scripts/fetch_blender.sh FOLDER        then: FOLDER/blender -b --version
#
# Needs apt, dpkg-deb, bubblewrap and the Debian archive keyring. SUITE chooses the release (default trixie: Blender 4.3.2).
# That build has no OpenImageDenoise: renders there take more samples instead.
set -euo pipefail

if [ $# -ne 1 ]; then
    echo "usage: $0 FOLDER" >&2
    exit 2
fi
for tool in apt-get dpkg-deb bwrap; do
    command -v "$tool" > /dev/null || { echo "$tool is missing. Install it: apt-get install apt dpkg bubblewrap" >&2; exit 1; }
done

folder=$(realpath -m "$1")
suite=${SUITE:-trixie}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
configured() {
    sed -nE 's/^(URIs:|deb( \[[^]]*\])?) +(https?:[^ ]+).*/\3/p' /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2> /dev/null || true
}
mirror=${MIRROR:-$(configured | head -n 1)}
if [ -z "$mirror" ]; then
    echo "No Debian mirror is configured here. Name one in MIRROR." >&2
    exit 1
fi

root=$folder/root
apt=$folder/apt
mkdir -p "$root/usr/"{bin,sbin,lib,lib64} "$root/"{proc,sys,dev,tmp,run,etc/ssl/certs} "$apt/lists/partial" "$apt/archives/partial"
for name in bin sbin lib lib64; do
    ln -sfn "usr/$name" "$root/$name"
done

# An apt of its own: another release, no installed packages, so that every library is fetched.
echo "deb [signed-by=$keyring] $mirror $suite main" > "$apt/sources.list"
: > "$apt/status"
[ "$(id -u)" -eq 0 ] && chown -R _apt "$apt/lists/partial" "$apt/archives/partial"
settings=(
    -o "Dir::Etc::sourcelist=$apt/sources.list" -o Dir::Etc::sourceparts=- -o Dir::Etc::preferences=- -o Dir::Etc::preferencesparts=-
    -o "Dir::State=$apt" -o "Dir::State::lists=$apt/lists" -o "Dir::State::status=$apt/status"
    -o "Dir::Cache=$apt" -o "Dir::Cache::archives=$apt/archives"
    -o APT::Install-Recommends=false -o Debug::NoLocking=true
    -o APT::Update::Post-Invoke-Success::= -o DPkg::Post-Invoke::=
)
apt-get "${settings[@]}" -qq update
apt-get "${settings[@]}" -qq -y --download-only install blender python3-numpy python3-requests libegl1 libegl-mesa0 libgl1-mesa-dri libc-bin bash

for package in "$apt/archives/"*.deb; do
    dpkg-deb --fsys-tarfile "$package" | tar -x -C "$root" --keep-directory-symlink --no-same-owner --exclude='./usr/share/doc/*' \
        --exclude='./usr/share/man/*' --exclude='./usr/share/locale/*' --exclude='./dev/*'
done
rm -rf "$apt"

# What the packages' installation scripts would have done.
for library in "$root/usr/lib/"*/; do
    [ -d "$library/blas" ] && ln -sfn blas/libblas.so.3 "$library/libblas.so.3"
    [ -d "$library/lapack" ] && ln -sfn lapack/liblapack.so.3 "$library/liblapack.so.3"
done
python=$(find "$root/usr/bin" -name 'python3.[0-9]*' -printf '%f\n' | sort -V | tail -n 1)
[ -n "$python" ] && ln -sfn "$python" "$root/usr/bin/python3"
cat "$root/usr/share/ca-certificates/mozilla/"*.crt > "$root/etc/ssl/certs/ca-certificates.crt" 2> /dev/null || true
echo 'root:x:0:0:root:/root:/bin/sh' > "$root/etc/passwd"
printf '127.0.0.1 localhost\n::1 localhost\n' > "$root/etc/hosts"
ln -sfn /proc/self/mounts "$root/etc/mtab"

cat > "$folder/blender" << 'LAUNCHER'
#!/usr/bin/env bash
# Runs Blender in its sandbox; it sees /tmp, the home folder, the working folder and what DRESSFORM_BIND names (separated by :).
here=$(dirname "$(realpath "$0")")
binds=(--bind /tmp /tmp --bind "$HOME" "$HOME" --bind "$PWD" "$PWD")
IFS=: read -ra more <<< "${DRESSFORM_BIND:-}"
for path in "${more[@]}"; do
    binds+=(--bind "$path" "$path")
done
exec bwrap --bind "$here/root" / --dev /dev --proc /proc --ro-bind /sys /sys "${binds[@]}" --chdir "$PWD" \
    --setenv PATH /usr/bin:/bin --unsetenv PYTHONHOME --unsetenv PYTHONPATH --unsetenv LD_LIBRARY_PATH /usr/bin/blender "$@"
LAUNCHER
chmod +x "$folder/blender"
echo "$folder/blender"
