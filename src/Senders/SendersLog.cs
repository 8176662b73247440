using Microsoft.Extensions.Logging;

namespace Relay.Senders;

/// <summary>Log texts of this project: event ids 6000 to 6099.</summary>
internal static partial class SendersLog
{
    [LoggerMessage(6000, LogLevel.Warning, "Last-used marks of credentials could not be written; they are kept for the next try")]
    public static partial void MarksNotWritten(ILogger logger, Exception exception);

    [LoggerMessage(6001, LogLevel.Information, "Signing key {Key} is {State}")]
    public static partial void KeyStepped(ILogger logger, string key, DkimKeyState state);

    [LoggerMessage(6003, LogLevel.Error, "The signing keys of {Domains} do not open with master.key, and mail of these domains waits: put the master.key of this database back, or retire the keys (relay dkim retire) and make new ones")]
    public static partial void KeysDoNotOpen(ILogger logger, string domains);

    [LoggerMessage(6002, LogLevel.Warning, "Rotated signing keys could not be looked after; tried again in five minutes")]
    public static partial void RotationFailed(ILogger logger, Exception exception);

    // Next free id: 6003.
}
