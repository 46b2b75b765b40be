#!/bin/bash
# SPDX-License-Identifier: MIT
# Boots a real systemd as PID 1 of private namespaces and runs a script in it.
#
#   boot.sh [options] SCRIPT [ARG...]
#
#   -b SRC[:DST]  read-only bind mount of a host path   (repeatable)
#   -o DIR        where console.log, journal.json, pid1, ... go
#   -t SECONDS    limit for the script (default 600)
#
# Inside: the root file system is an overlay over the host's own, whose enabled
# services are not started; what a run writes is gone afterwards.  SCRIPT runs
# as root from a transient unit; its standard streams and its exit status are
# those of boot.sh (125: the lab itself failed, 124: time-out).  /sdlab/out is
# DIR.  Network: a private loopback only.  DIR/pid1 has, once all is booted,
# the number of PID 1 on the host, for nsenter(1).
#
# Needs root, and systemd and dbus installed.  Nothing of this touches the
# host: all mounts live in private mount namespaces, the only traces are the
# cgroup sdlab-PID (removed at the end) and files below $SDLAB.
set -euo pipefail

self=$(readlink -f "$0")
: "${SDLAB:=${TMPDIR:-/tmp}/systemd-lab}"
mkdir -p "$SDLAB"
say() { printf 'sdlab: %s\n' "$*" >&2; }
die() { say "$*"; exit 125; }

# ---------------------------------------------------------------- PID 1
# in new pid+mount+uts+ipc+net namespaces, as PID 1, on the console pty
stage_init() {
    read -r hostpid _ </proc/self/stat        # still the host's /proc
    local m
    for m in "$RUN"/cg/*; do
        [ -d "$m" ] && echo 0 >"$m$(cat "$RUN/cgpath/${m##*/}")/cgroup.procs"
    done
    echo "$hostpid" >"$RUN/pid.tmp"
    mv "$RUN/pid.tmp" "$RUN/pid"
    exec unshare --cgroup -- bash "$self" __init2
}

stage_init2() {
    local r=$RUN/fs/root d n spec con
    con=$(readlink /proc/self/fd/0)
    mount --make-rprivate /
    mount -t proc -o nosuid,nodev,noexec proc "$r/proc"
    mount -t sysfs -o nosuid,nodev,noexec,ro sysfs "$r/sys"
    mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 "$r/sys/fs/cgroup"
    mount -t tmpfs -o mode=755,nosuid,strictatime tmpfs "$r/dev"
    mkdir "$r/dev/pts" "$r/dev/shm"
    mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$r/dev/pts"
    mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$r/dev/shm"
    ln -s pts/ptmx "$r/dev/ptmx"
    for spec in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0; do
        IFS=: read -r n d spec <<<"$spec"
        mknod -m 666 "$r/dev/$n" c "$d" "$spec"
    done
    ln -s /proc/self/fd "$r/dev/fd"
    for n in 0:stdin 1:stdout 2:stderr; do
        ln -s "/proc/self/fd/${n%%:*}" "$r/dev/${n##*:}"
    done
    : >"$r/dev/console"
    mount --bind "$con" "$r/dev/console"
    mount -t tmpfs -o mode=755,nosuid,nodev tmpfs "$r/run"
    mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$r/tmp"
    # the host kernel's knobs are read-only, except the network namespace's own
    mount --bind "$r/proc/sys/net" "$r/proc/sys/net"
    mount --bind "$r/proc/sys" "$r/proc/sys"
    mount --bind "$r/proc/sys/net" "$r/proc/sys/net"
    mount -o remount,bind,ro,nosuid,nodev,noexec "$r/proc/sys"
    for n in sysrq-trigger irq bus; do
        [ -e "$r/proc/$n" ] || continue
        mount --bind "$r/proc/$n" "$r/proc/$n"
        mount -o remount,bind,ro,nosuid,nodev,noexec "$r/proc/$n"
    done
    cd "$r"
    mkdir -p .oldroot
    pivot_root . .oldroot
    umount -l /.oldroot
    rmdir /.oldroot 2>/dev/null || :
    cd /
    # LoadCredential= (and PrivateTmp= etc. of units started later) hand mounts
    # from one mount namespace to another; systemd in a container leaves that to us
    mount --make-rshared /
    # what no test has any business doing to the shared kernel
    local caps=-sys_time,-sys_module,-sys_rawio,-wake_alarm,-block_suspend
    # systemd in a container reads "kernel command line" options from its argv
    exec env -i container=sdlab PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb LANG=C.UTF-8 \
        setpriv --bounding-set "$caps" --inh-caps "$caps" -- \
        /lib/systemd/systemd --system systemd.unit=multi-user.target \
        systemd.show_status=error
}

# ---------------------------------------------------------------- driver
prepare_root() { # ROOT: what every run's overlay gets on top of the tree
    local r=$1 u g
    # nothing the host has enabled starts here
    find "$r/etc/systemd/system" -mindepth 1 -maxdepth 1 \
        \( -name '*.wants' -o -name '*.requires' \) -exec rm -rf {} +
    mkdir -p "$r/etc/systemd/system-generators"
    for g in "$r"/lib/systemd/system-generators/*; do
        case ${g##*/} in systemd-*-generator) continue ;; esac
        ln -sf /dev/null "$r/etc/systemd/system-generators/${g##*/}"
    done
    ln -sf /dev/null "$r/etc/systemd/system-generators/systemd-sysv-generator"
    rm -f "$r/usr/sbin/policy-rc.d"
    for u in console-getty.service getty@.service apt-daily.timer \
             apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer \
             e2scrub_all.timer e2scrub_reap.service; do
        ln -sf /dev/null "$r/etc/systemd/system/$u"
    done
    mkdir -p "$r/etc/systemd/journald.conf.d" "$r/sdlab/out"
    printf '[Journal]\nStorage=volatile\nRateLimitIntervalSec=0\n' \
        >"$r/etc/systemd/journald.conf.d/sdlab.conf"
    : >"$r/etc/fstab"
    echo sdlab >"$r/etc/hostname"
    rm -f "$r/etc/hosts" "$r/etc/machine-id" # may be mount points or links
    printf '127.0.0.1 localhost sdlab\n::1 localhost\n' >"$r/etc/hosts"
    tr -d - </proc/sys/kernel/random/uuid >"$r/etc/machine-id"
    install -m 755 "$SCRIPT" "$r/sdlab/script"
}

bind_one() { # ro|rw SRC[:DST]
    local src=${2%%:*} dst=${2#*:}
    src=$(readlink -f "$src") || die "no such path: $2"
    [ "$dst" != "$2" ] || dst=$src
    if [ -d "$src" ]; then
        mkdir -p "$RUN/fs/root$dst"
    else
        mkdir -p "$(dirname "$RUN/fs/root$dst")"
        [ -e "$RUN/fs/root$dst" ] || : >"$RUN/fs/root$dst"
    fi
    mount --bind "$src" "$RUN/fs/root$dst"
    [ "$1" = rw ] || mount -o remount,bind,ro "$RUN/fs/root$dst"
}

cg_setup() {
    local own
    mkdir -p "$RUN/cg/unified" "$RUN/cgpath"
    mount -t cgroup2 none "$RUN/cg/unified"
    # below the cgroup we are in, so the limits set on us keep applying
    own=$(sed -n 's/^0:://p' /proc/self/cgroup)
    own=${own%/}/sdlab-$$
    mkdir "$RUN/cg/unified$own"
    echo "$own" >"$RUN/cgpath/unified"
}

cg_cleanup() {
    local n i
    for n in "$RUN"/cgpath/*; do
        [ -e "$n" ] || continue
        i=0
        while [ $i -lt 20 ]; do
            find "$RUN/cg/${n##*/}$(cat "$n")" -depth -type d -exec rmdir {} + 2>/dev/null || :
            [ -d "$RUN/cg/${n##*/}$(cat "$n")" ] || break
            i=$((i + 1)); sleep 0.1
        done
    done
}

inside() { nsenter --target "$P1" --mount --uts --ipc --net --pid --cgroup -- \
           env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 TERM=dumb "$@"; }

stage_drive() {
    local rc=125 state='' i con
    exec 3<&0
    mkdir -p "$RUN/fs"
    mount -t tmpfs -o mode=755 sdlab "$RUN/fs"
    mkdir -p "$RUN"/fs/{upper,work,root}
    mount -t overlay overlay -o "lowerdir=/,upperdir=$RUN/fs/upper,workdir=$RUN/fs/work" "$RUN/fs/root"
    local r=$RUN/fs/root
    prepare_root "$r"
    bind_one rw "$OUT:/sdlab/out"
    while read -r mode spec; do [ -z "$mode" ] || bind_one "$mode" "$spec"; done <<<"$BINDS"
    cg_setup

    # a pty for /dev/console, its output in console.log
    setpriv --pdeathsig KILL script -qfe -c \
        "setpriv --pdeathsig KILL unshare --fork --kill-child --pid --mount --uts --ipc --net -- bash '$self' __init" \
        "$OUT/console.log" </dev/null >/dev/null 2>&1 &
    con=$!
    P1=
    for i in $(seq 100); do
        [ -s "$RUN/pid" ] && { P1=$(cat "$RUN/pid"); break; }
        kill -0 $con 2>/dev/null || break
        sleep 0.05
    done
    finish() {
        if [ -n "$P1" ] && [ -d "/proc/$P1" ]; then kill -KILL "$P1" 2>/dev/null || :; fi
        kill "$con" 2>/dev/null || :
        wait "$con" 2>/dev/null || :
        cg_cleanup
    }
    trap finish EXIT
    trap 'exit 143' TERM INT HUP
    [ -n "$P1" ] || { cat "$OUT/console.log" >&2; die "PID 1 did not start"; }
    for i in $(seq 600); do
        [ -d "/proc/$P1" ] || { cat "$OUT/console.log" >&2; die "PID 1 is gone"; }
        if [ "$(cat "/proc/$P1/comm" 2>/dev/null)" = systemd ]; then
            state=$(inside systemctl is-system-running 2>/dev/null || :)
            case $state in running|degraded) break ;; esac
        fi
        sleep 0.1
    done
    case $state in running|degraded) ;; *) cat "$OUT/console.log" >&2; die "not booted: $state" ;; esac
    [ "$(readlink "/proc/$P1/ns/pid")" != "$(readlink /proc/self/ns/pid)" ] || die "no pid namespace?"
    say "$(inside systemctl --version | head -n1) is PID 1 ($state)"
    [ "$state" = running ] || inside systemctl --no-pager --plain --failed >&2 || :

    echo "$P1" >"$OUT/pid1.tmp"
    mv "$OUT/pid1.tmp" "$OUT/pid1"
    rc=0
    nsenter --target "$P1" --mount --uts --ipc --net --pid --cgroup -- \
        env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 TERM=dumb \
        systemd-run --quiet --pipe --wait --collect --unit=sdlab-script \
        -p RuntimeMaxSec="$LIMIT" -p KillMode=mixed -p TimeoutStopSec=10 -p OOMScoreAdjust=0 \
        --setenv=PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        --setenv=HOME=/root --setenv=LANG=C.UTF-8 --setenv=SDLAB_OUT=/sdlab/out \
        --working-directory=/sdlab -- /sdlab/script "$@" <&3 &
    wait $! || rc=$?  # in the background, so that a signal to us is seen at once
    inside journalctl -u sdlab-script -n 20 --no-pager -o cat 2>/dev/null |
        grep -q 'runtime time limit' && rc=124 || :
    say "script ended with status $rc"

    inside journalctl --no-pager -o json >"$OUT/journal.json" 2>/dev/null || :
    inside journalctl --no-pager -o short-precise >"$OUT/journal.txt" 2>/dev/null || :
    inside systemctl --no-pager --plain --no-legend --failed >"$OUT/failed-units.txt" 2>/dev/null || :
    # reboot(2) in a pid namespace only ends that namespace
    inside systemctl --no-block poweroff 2>/dev/null || :
    for i in $(seq 200); do [ -d "/proc/$P1" ] || break; sleep 0.1; done
    [ ! -d "/proc/$P1" ] || say "no clean shutdown, killing PID 1"
    finish
    trap - EXIT
    exit "$rc"
}

case ${1-} in
__init)  stage_init ;;
__init2) stage_init2 ;;
__drive) shift; stage_drive "$@" ;;
esac

LIMIT=600 OUT=$SDLAB/out BINDS=''
while getopts b:o:t:h opt; do
    case $opt in
    b) BINDS+="ro $OPTARG"$'\n' ;;
    o) OUT=$OPTARG ;;
    t) LIMIT=$OPTARG ;;
    *) sed -n '3,/^set -euo/p' "$self" | sed '$d;s/^# \{0,1\}//' >&2; exit 125 ;;
    esac
done
shift $((OPTIND - 1))
[ "$(id -u)" = 0 ] || die "needs root"
[ -x /lib/systemd/systemd ] && [ -x /usr/bin/dbus-daemon ] ||
    die "needs systemd and dbus"
unshare --fork --pid --mount --uts --ipc --net --cgroup -- true 2>/dev/null ||
    die "may not create namespaces here"
[ $# -ge 1 ] || die "no script given (-h for help)"
SCRIPT=$(readlink -f "$1"); shift
[ -f "$SCRIPT" ] || die "no such script"
mkdir -p "$OUT"
OUT=$(readlink -f "$OUT")
rm -f "$OUT/pid1"
for d in "$SDLAB"/run.*; do # left by a run that was killed with SIGKILL
    [ ! -d "$d" ] || [ -d "/proc/${d##*.}" ] || rm -rf --one-file-system "$d"
done
RUN=$SDLAB/run.$$
mkdir "$RUN"
export RUN OUT SCRIPT BINDS LIMIT SDLAB
rc=0
drive() { exec unshare --mount --propagation private -- setpriv --pdeathsig TERM bash "$self" __drive "$@"; }
exec 3<&0
drive "$@" <&3 3<&- &
drv=$!
trap 'kill -TERM $drv 2>/dev/null || :' TERM INT HUP
wait "$drv" || rc=$?
while kill -0 "$drv" 2>/dev/null; do rc=0; wait "$drv" || rc=$?; done # a signal ended the wait
rm -rf --one-file-system "$RUN"
exit "$rc"
