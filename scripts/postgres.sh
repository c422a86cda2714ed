# Sourced by scripts/test and scripts/bench: install with apt-get where that is allowed, and a
# PostgreSQL of one's own that stops when the script ends. Needs bash.

# install PACKAGE...: with apt-get, as root or by sudo without a password; quiet unless it fails.
install() {
	local as=() log
	command -v apt-get >/dev/null || return 1
	if [ "$(id -u)" != 0 ]; then
		sudo -n true 2>/dev/null || return 1
		as=(sudo -n)
	fi
	log=$(mktemp)
	echo "Installing $*." >&2
	local get=("${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300)
	if "${get[@]}" install -y --no-install-recommends "$@" >"$log" 2>&1 </dev/null ||
		{ "${get[@]}" update >"$log" 2>&1 </dev/null &&
			"${get[@]}" install -y --no-install-recommends "$@" >"$log" 2>&1 </dev/null; }; then
		rm -f "$log"
	else
		tail -n 5 "$log" >&2
		rm -f "$log"
		return 1
	fi
}

# postgres_bin prints the folder with initdb and pg_ctl of the newest PostgreSQL.
postgres_bin() {
	local d
	for d in "$(pg_config --bindir 2>/dev/null || true)" $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -rV) \
		"$(dirname "$(command -v initdb || echo /none/initdb)")"; do
		if [ -x "$d/initdb" ] && [ -x "$d/pg_ctl" ]; then
			echo "$d"
			return
		fi
	done
	return 1
}

pg_dir=
as=() # how to become the ordinary user that owns the server: PostgreSQL refuses to run as root

stop_postgres() {
	[ -n "$pg_dir" ] || return 0
	"${as[@]}" "$bin/pg_ctl" -D "$pg_dir/data" -m immediate -w stop >/dev/null 2>&1 || true
	rm -rf "$pg_dir"
	pg_dir=
}

# start_postgres OPTIONS: a server on a socket in $pg_dir, with further server options.
start_postgres() {
	local user= options=$1
	if [ "$(id -u)" = 0 ]; then
		user=nobody
		id -u postgres >/dev/null 2>&1 && user=postgres
		as=(runuser -u "$user" --)
	fi
	pg_dir=$(mktemp -d /tmp/polder-test.XXXXXX) # short, as a socket's path may have 107 bytes
	[ -z "$user" ] || chown "$user" "$pg_dir"
	mkfifo -m 600 "$pg_dir/alive"
	if ! (cd / && "${as[@]}" "$bin/initdb" -D "$pg_dir/data" -U polder -A trust -E UTF8 --locale=C --no-sync) >"$pg_dir/log" 2>&1; then
		tail -n 5 "$pg_dir/log" >&2
		return 1
	fi
	# The keeper sleeps on a pipe that only this script writes to, so it wakes when the script ends,
	# even by kill -9, and then stops the server.
	setsid bash -c 'read -r _; "${@:3}" "$1/pg_ctl" -D "$2/data" -m immediate stop; rm -rf "$2"' \
		keeper "$bin" "$pg_dir" "${as[@]}" <"$pg_dir/alive" >/dev/null 2>&1 &
	exec 9>"$pg_dir/alive"
	if ! (cd / && "${as[@]}" "$bin/pg_ctl" -D "$pg_dir/data" -l "$pg_dir/data/log" -w -t 60 start -o "-k $pg_dir -h '' $options" 9>&-) >/dev/null 2>&1; then
		tail -n 5 "$pg_dir/data/log" >&2
		return 1
	fi
}
