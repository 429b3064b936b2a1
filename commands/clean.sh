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

Removes the folder build/, where everything lies that was ever built here.

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
rm -rf -- "$build"
echo "${build##*/}/ is removed"
