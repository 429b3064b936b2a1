# shellcheck shell=bash
# place.bash - decides where output goes: to build/, if we may write there.
#
# Sourced by build.sh. A checkout may belong to somebody else (as in a container image built by
# root), or be on a read-only file system; then output goes to a folder of the user, one for each
# checkout. An installed Longjump has no Makefile, and never puts anything beside itself.

# build/ and what is in it can be written by us.
is_build_ours() {
	local build=$1/build
	if [[ ! -e $build ]]; then
		[[ -w $1 ]]
	else
		[[ -d $build && -w $build ]] &&
			{ ((EUID == 0)) || # can write to everything there
				[[ -z $(find -H "$build" -maxdepth 3 ! -type l ! -writable -print -quit 2>/dev/null) ]]; }
	fi
}

# Makes a folder; succeeds if it is there, is ours and can be written.
take_folder() {
	mkdir -p -- "$1" 2>/dev/null || :
	[[ -d $1 && -O $1 && -w $1 ]]
}

# The same in a folder where others may write; nobody else can enter what is made.
take_private_folder() {
	mkdir -m 700 -- "$1" 2>/dev/null || :
	[[ ! -L $1 && -d $1 && -O $1 && -w $1 && $(stat -c %a -- "$1") == 700 ]]
}

# Prints where this user's caches are. What root puts into the home of somebody else would be in
# their way later.
find_cache() {
	local home
	if [[ ${XDG_CACHE_HOME-} == /* ]]; then
		echo "$XDG_CACHE_HOME"
		return
	fi
	for home in "${HOME-}" "$(unset HOME && echo ~)"; do
		if [[ $home == /* && -d $home ]] && { ((EUID != 0)) || [[ -O $home ]]; }; then
			echo "$home/.cache"
			return
		fi
	done
	return 1
}

# Exports LONGJUMP_BUILD, the place for what is made for the project in folder $1.
find_place() {
	local folder=longjump cache base=${TMPDIR:-/tmp}
	if [[ -e $1/Makefile ]]; then
		if is_build_ours "$1"; then
			export LONGJUMP_BUILD=$1/build
			return
		fi
		folder=longjump/$(printf %s "$1" | sha256sum | cut -c1-16)/build
	fi
	if cache=$(find_cache) && take_folder "$cache/$folder"; then
		export LONGJUMP_BUILD=$cache/$folder
	elif take_private_folder "$base/longjump-$EUID" &&
		take_folder "$base/longjump-$EUID/$folder"; then
		export LONGJUMP_BUILD=$base/longjump-$EUID/$folder
	else
		export LONGJUMP_BUILD=$1/build # not writable, which is reported when it is used
	fi
}
