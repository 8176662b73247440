#!/usr/bin/env bash
# Restores, builds, installs what the tests need (as root on Debian), runs every test.
# The last line says: N passed, N failed, N skipped.
set -euo pipefail
cd "$(dirname "$0")"
configuration=Release
results=artifacts/test-results
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

peers=(swaks gsasl testssl.sh libnet-ssleay-perl msmtp curl postfix dnsmasq-base unbound nsd ldnsutils python3-dkim python3-nacl python3-yaml libmail-dkim-perl strace nodejs npm openssl chromium zsh fish)

install_peers() {
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "Not root on a Debian system: tests whose peer programs are missing will say so and be skipped (${peers[*]} exim4-daemon-light opensmtpd)."
        return
    fi
    export DEBIAN_FRONTEND=noninteractive
    local missing=()
    for package in "${peers[@]}"; do
        case $package in
            nodejs) command -v node >/dev/null && continue ;;
            npm) command -v npm >/dev/null && continue ;;
        esac
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
    done
    if [ ${#missing[@]} -gt 0 ]; then
        # Packages must not start their daemons here: the tests start their own, on loopback.
        local policy=/usr/sbin/policy-rc.d
        [ -e $policy ] || { printf '#!/bin/sh\nexit 101\n' >$policy; chmod 755 $policy; trap 'rm -f /usr/sbin/policy-rc.d' EXIT; }
        apt-get update -qq
        apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
    fi
    install_exim
    install_opensmtpd
    unpack_suites
}

# These and Postfix exclude each other as packages, so they are unpacked beside.
install_exim() {
    unpack exim exim4-daemon-light usr/sbin/exim4 libcrypt1 libdb5.3 libgnutls30 libgnutls-dane0 libidn12 libidn2-0 libnsl2 libpcre2-8-0 || return 0
    # Exim looks up the user it was built for before it reads its configuration.
    getent passwd Debian-exim >/dev/null || useradd --system --user-group --no-create-home --shell /usr/sbin/nologin Debian-exim
}

install_opensmtpd() {
    unpack opensmtpd opensmtpd usr/sbin/smtpd libcrypt1 libdb5.3 libevent-2.1-7 libpam0g libssl3 zlib1g || return 0
}

# Test suites of others that packages carry as files; nothing of the packages is run.
unpack_suites() {
    unpack_files spf-suite golang-blitiri-go-spf-dev
    unpack_files bounce-suite python3-flufl.bounce
}

# FOLDER PACKAGE
unpack_files() {
    local folder=artifacts/$1 package=$2
    [ -d "$folder/usr" ] && return
    mkdir -p "$folder"
    (cd "$folder" && apt-get download -qq "$package" 2>/dev/null && dpkg -x "$package"_*.deb . && rm -f ./*.deb) \
        || echo "$package could not be unpacked: the test with it will be skipped."
}

# FOLDER PACKAGE PROGRAM LIBRARY...: the package's files below artifacts/FOLDER, and the libraries its program needs.
unpack() {
    local folder=artifacts/$1 package=$2 program=$3
    shift 3
    [ -x $folder/$program ] && return
    mkdir -p $folder
    # A fresh system has no package lists yet.
    apt-cache show "$package" >/dev/null 2>&1 || apt-get update -qq
    (cd $folder && apt-get download -qq "$package" 2>/dev/null && dpkg -x "$package"_*.deb . && rm -f ./*.deb) \
        || { echo "$package could not be unpacked: tests with it will be skipped."; return 1; }
    if ldd $folder/$program | grep -q 'not found'; then
        apt-get install -y -qq --no-install-recommends "$@" >/dev/null
    fi
}

install_node_modules() {
    command -v npm >/dev/null || { echo "npm is missing: tests with Node.js peers will be skipped."; return 0; }
    (cd tests/Integration/node && npm ci --silent --no-audit --no-fund --ignore-scripts >/dev/null)
}

install_peers
install_node_modules
dotnet restore Relay.sln --verbosity quiet
dotnet build Relay.sln --no-restore --configuration $configuration --verbosity quiet --nologo

# Most tests ask nothing of the disk's durability: memory spares them tens of thousands of syncs. The fault tests stay on the disk.
scratch=$(mktemp -d "${TMPDIR:-/tmp}/relay-tests-XXXXXX")
memory=$scratch
if [ -w /dev/shm ] && [ "$(df -Pk /dev/shm | awk 'NR == 2 { print $4 }')" -gt 2097152 ]; then
    memory=$(mktemp -d /dev/shm/relay-tests-XXXXXX)
fi
# Postfix and other daemons leave root's rights and must still reach their folders.
chmod 755 "$scratch" "$memory"

# Prints all of a project's output at once, so that projects run side by side stay readable.
run() {
    local project=$1 temporary=$2 code=0
    TMPDIR=$temporary dotnet test tests/$project/$project.csproj --no-build --configuration $configuration --nologo --verbosity quiet \
        --logger "trx;LogFileName=$project.trx" --logger "console;verbosity=minimal" --results-directory $results >"$scratch/$project.log" 2>&1 || code=1
    printf '== %s\n' "$project"
    cat "$scratch/$project.log"
    [ -s $results/$project.trx ] || { echo "$project left no results"; code=2; }
    return $code
}

# Integration mostly waits for other processes; the pure tests use the cores meanwhile. Faults are made with load and must not meet that of others.
rm -rf $results
failed=0
run Integration "$memory" &
integration=$!
for project in Unit Conversation Fuzz; do
    run $project "$memory" || failed=$?
done
wait $integration || failed=$?
run Faults "$scratch" || failed=$?
rm -rf "$scratch" "$memory"
[ $failed -lt 2 ] || exit 1

# Skipped tests are those counted but not executed.
total() { grep -ho "<Counters [^>]*" $results/*.trx | grep -o " $1=\"[0-9]*\"" | tr -dc '0-9\n' | awk '{ sum += $1 } END { print sum + 0 }'; }
skipped=$(($(total total) - $(total executed)))
if [ $skipped -gt 0 ]; then
    echo "Skipped, with the reason:"
    grep -ho 'outcome="NotExecuted"[^>]*' $results/*.trx | grep -o 'testName="[^"]*"' | sort -u || true
fi
echo "$(total passed) passed, $(total failed) failed, $skipped skipped"
exit $failed
