# Installs Relay as a Windows service. Run as administrator, after:
#   dotnet publish src/Relay -c Release -r win-x64 --self-contained -o C:\Relay
param(
    [string]$Folder = "C:\Relay",
    [string]$Config = "C:\Relay\relay.toml",
    [string]$Name = "relay"
)
$ErrorActionPreference = "Stop"

$program = Join-Path $Folder "relay.exe"
if (-not (Test-Path $program)) { throw "$program is missing: publish Relay there first" }
if (-not (Test-Path $Config)) { throw "$Config is missing: copy relay.toml and set hostname, data and listeners" }

& $program check --config $Config
if ($LASTEXITCODE -ne 0) { throw "the configuration has faults; see above" }

# A virtual account: no password, no rights beyond its own folder.
& sc.exe create $Name binPath= "`"$program`" serve --config `"$Config`"" start= delayed-auto obj= "NT SERVICE\$Name" DisplayName= "Relay SMTP relay"
if ($LASTEXITCODE -ne 0) { throw "sc.exe create failed" }
& sc.exe description $Name "Accepts mail from applications and delivers it"
& sc.exe failure $Name reset= 86400 actions= restart/2000/restart/10000/restart/60000
& icacls.exe $Folder /grant "NT SERVICE\${Name}:(OI)(CI)M" | Out-Null
Start-Service $Name
Get-Service $Name
