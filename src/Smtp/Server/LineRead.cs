using Relay.Mail;

namespace Relay.Smtp.Server;

/// <summary>A line, or why there is none.</summary>
/// <param name="Last">Without a line: the last step, null when the client is gone.</param>
internal readonly record struct LineRead(LineStatus Status, ReadOnlyMemory<byte> Line, SessionStep? Last)
{
    public static LineRead End(SmtpReply reply) => new(LineStatus.More, default, SessionStep.Close(reply));
}
