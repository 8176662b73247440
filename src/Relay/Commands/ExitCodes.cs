namespace Relay;

/// <summary>Exit codes after sysexits.h, so that systemd and scripts can tell a wrong configuration from trouble.</summary>
internal static class ExitCodes
{
    public const int Ok = 0;
    public const int Failed = 1;
    public const int Usage = 64;
    public const int NotFound = 66;
    public const int Unavailable = 69;
    public const int CannotCreate = 73;
    public const int NotPermitted = 77;
    public const int Configuration = 78;
}
