#!/usr/bin/env bash
# clean - removes everything that was built
set -euo pipefail
root=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)

for word; do
	case $word in
	--verbose | --no-install) ;;
	--help | -h)
		cat <<'END'
usage: ./build.sh clean

Removes the folder build/, which holds everything that was built here. If build/ is a symbolic link,
only the link is removed. Waits for a build in progress.

examples:
    ./build.sh clean && ./build.sh
END
		exit
		;;
	*)
		echo "build.sh: clean: unknown word $word; see ./build.sh clean --help" >&2
		exit 2
		;;
	esac
done

build=${LONGJUMP_BUILD:-$root/build}
name=$build
[[ $build != "$root/build" ]] || name=build
if [[ -L $build ]]; then
	place=$(readlink -- "$build")
	rm -- "$build"
	echo "$name, a symbolic link to $place, is removed; what is in $place stays there"
	exit
fi

# Whoever compiles holds this lock.
if [[ -f $build/.lock && ! -L $build/.lock ]] && exec 9<"$build/.lock" && ! flock -n 9; then
	echo "waiting for a build that is under way"
	flock 9
fi
rm -rf --one-file-system -- "$build"
echo "$name/ is removed"
