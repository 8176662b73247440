#!/bin/sh
# Builds relay_VERSION_amd64.deb from this repository, without root and without debhelper.
#   deploy/deb/build.sh [OUTPUT-FOLDER] [FOLDER-OF-A-PUBLISHED-RELAY]
# Without a published folder it publishes a self-contained one itself.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
output=${1:-$root/artifacts}
published=${2:-}
mkdir -p "$output"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"

if [ -z "$published" ]; then
    published=$work/published
    # Native libraries stay beside the program: to unpack them at each start it would need a folder it may write to, which those who call
    # sendmail (www-data, nobody) do not have.
    dotnet publish "$root/src/Relay/Relay.csproj" -c Release -r linux-x64 --self-contained -p:PublishSingleFile=true -o "$published" --nologo -v quiet
fi

version=$("$published/relay" version | cut -d' ' -f2 | cut -d+ -f1)
tree=$work/tree
mkdir -p "$tree/DEBIAN" "$tree/usr/lib/relay" "$tree/usr/bin" "$tree/usr/sbin" "$tree/usr/lib" "$tree/etc/relay" "$tree/lib/systemd/system" \
    "$tree/usr/share/doc/relay" "$tree/usr/share/bash-completion/completions"
cp -r "$published/." "$tree/usr/lib/relay/"
rm -f "$tree"/usr/lib/relay/*.pdb "$tree"/usr/lib/relay/*.xml
chmod 755 "$tree/usr/lib/relay/relay"
ln -s ../lib/relay/relay "$tree/usr/bin/relay"
cat > "$tree/usr/sbin/sendmail" <<'SENDMAIL'
#!/bin/sh
exec /usr/lib/relay/relay sendmail "$@"
SENDMAIL
printf '#!/bin/sh\nexec /usr/lib/relay/relay sendmail -bp "$@"\n' > "$tree/usr/bin/mailq"
chmod 755 "$tree/usr/sbin/sendmail" "$tree/usr/bin/mailq"
ln -s ../sbin/sendmail "$tree/usr/lib/sendmail"
sed 's#/opt/relay/relay#/usr/lib/relay/relay#; s#file:/opt/relay/README.md#file:/usr/share/doc/relay/README.md#; /^# Relay as a systemd service/,/^#   cp deploy/d' \
    "$root/deploy/systemd/relay.service" > "$tree/lib/systemd/system/relay.service"
# A file of the package's own: few lines, the annotated sample is beside the documents.
cat > "$tree/etc/relay/relay.toml" <<'TOML'
# Relay's configuration. Every key with its default: /usr/share/doc/relay/relay.toml.example
data = "/var/lib/relay"

[listener.submission]
endpoint = "127.0.0.1:25"

[local]
# Every user may leave mail here by sendmail while no server runs; sendmail.toml must name the same place.
maildrop = "/var/spool/relay/maildrop"
TOML
chmod 640 "$tree/etc/relay/relay.toml"
cat > "$tree/etc/relay/sendmail.toml" <<'TOML'
# What sendmail must know for users who may not read relay.toml, which may hold secrets. Keep hostname, listener and maildrop as they are there.

[listener.submission]
endpoint = "127.0.0.1:25"

[local]
maildrop = "/var/spool/relay/maildrop"
TOML
cp "$root/README.md" "$root/CHANGELOG.md" "$tree/usr/share/doc/relay/"
cp "$root/LICENSE" "$tree/usr/share/doc/relay/copyright"
cp "$root/relay.toml" "$tree/usr/share/doc/relay/relay.toml.example"
cp -r "$root/docs" "$tree/usr/share/doc/relay/docs"
"$published/relay" completion bash > "$tree/usr/share/bash-completion/completions/relay"

cat > "$tree/DEBIAN/control" <<CONTROL
Package: relay
Version: $version
Architecture: amd64
Maintainer: Relay maintainers <postmaster@localhost>
Section: mail
Priority: optional
Depends: adduser, ca-certificates, libc6, libstdc++6, zlib1g, libssl3 | libssl3t64
Provides: mail-transport-agent
Conflicts: mail-transport-agent
Replaces: mail-transport-agent
Installed-Size: $(du -sk "$tree" | cut -f1)
Description: SMTP relay, delivery agent and e-mail platform
 Takes mail over SMTP and HTTP, keeps it durably, signs it and delivers it, with an operations page, an API and commands.
CONTROL
printf '%s\n' /etc/relay/relay.toml /etc/relay/sendmail.toml > "$tree/DEBIAN/conffiles"
for script in postinst prerm postrm; do
    cp "$root/deploy/deb/$script" "$tree/DEBIAN/$script"
    chmod 755 "$tree/DEBIAN/$script"
done

dpkg-deb --root-owner-group -Zxz -z1 --build "$tree" "$output/relay_${version}_amd64.deb" > /dev/null
echo "$output/relay_${version}_amd64.deb"
