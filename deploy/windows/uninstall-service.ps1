# Stops and removes the Relay service; data and configuration stay.
param([string]$Name = "relay")
$ErrorActionPreference = "Stop"
Stop-Service $Name -ErrorAction SilentlyContinue
& sc.exe delete $Name
if ($LASTEXITCODE -ne 0) { throw "sc.exe delete failed" }
