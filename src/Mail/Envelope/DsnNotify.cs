namespace Relay.Mail;

/// <summary>NOTIFY= of RFC 3461 §4.1. <see cref="Unspecified"/> means failure, and delay where the server sends such reports. The values are stored.</summary>
[Flags]
public enum DsnNotify
{
    Unspecified = 0,
    Never = 1,
    Success = 2,
    Failure = 4,
    Delay = 8,
}
