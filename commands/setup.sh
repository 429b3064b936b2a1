#!/usr/bin/env bash
# setup - installs the packages that are missing
set -euo pipefail
root=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=commands/lib/need.sh
source "$root/commands/lib/need.sh"

groups=(python build image run)
for word; do
	case $word in
	--verbose) packages_verbose=yes ;;
	--no-install) need_install=no ;;
	--tests) groups+=(test) ;;
	--help | -h)
		cat <<'END'
usage: ./build.sh setup [--tests] [--verbose] [--no-install]

Installs what building and running need, if you are root on Debian or a system based on it.
Otherwise it prints the one command that does it. `./build.sh` and `./build.sh run` do this by
themselves.

options:
    --tests         also installs what `./build.sh test` needs
    --verbose       shows the commands that it runs
    --no-install    only says what is missing

examples:
    ./build.sh setup
    sudo ./build.sh setup --tests
END
		exit
		;;
	*)
		echo "build.sh: setup: unknown word $word; see ./build.sh setup --help" >&2
		exit 2
		;;
	esac
done

if [[ -n ${DISPLAY-}${WAYLAND_DISPLAY-} ]]; then
	groups+=(window)
fi
need "${groups[@]}"
echo "everything that is needed is installed"
