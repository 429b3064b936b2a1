#!/usr/bin/env bash
# help - lists the commands; `help COMMAND` explains one
set -euo pipefail
root=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)

words=()
for word; do
	case $word in
	--verbose | --no-install | --help | -h) ;;
	*) words+=("$word") ;;
	esac
done

if ((${#words[@]} > 1)); then
	echo "build.sh help: one command at a time" >&2
	exit 2
elif ((${#words[@]} == 1)) && [[ ${words[0]} != help ]]; then
	exec "$root/build.sh" "${words[0]}" --help
fi

cat <<'END'
Longjump starts 64-bit kernels.

    ./build.sh                       makes build/longjump.iso
    ./build.sh run                   the same, then boots it in QEMU
    ./build.sh run -k my.elf         boots your kernel

usage: ./build.sh [COMMAND] [OPTION...]

END
for file in "$root"/commands/*.sh "$root"/commands/*.py; do
	sed -n '2s/^# \([a-z0-9-]*\) - \(.*\)/\1\t\2/p' "$file"
done | sort | while IFS=$'\t' read -r name what; do
	printf '    %-10s %s\n' "$name" "$what"
done
cat <<'END'

    --version      prints the version
    --verbose      shows the commands that it runs
    --no-install   installs no packages; says which are missing instead
    COMMAND --help    explains a command, with examples

END
