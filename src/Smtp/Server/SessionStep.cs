using Relay.Mail;

namespace Relay.Smtp.Server;

internal enum SessionNext
{
    /// <summary>Read the next command.</summary>
    Command,

    /// <summary>Send the reply (354) and read content into <see cref="SessionStep.Writer"/>.</summary>
    Content,

    /// <summary>Send the reply (334) and read one line of the AUTH exchange.</summary>
    AuthResponse,

    /// <summary>Send the reply (220) and shake hands.</summary>
    Tls,

    /// <summary>Send the reply and close.</summary>
    Close,
}

/// <summary>What the session answers and what the connection does next.</summary>
/// <param name="EndsGroup">Send now, even when more commands are buffered.</param>
/// <param name="Writer">With <see cref="SessionNext.Content"/>; the connection disposes it.</param>
internal readonly record struct SessionStep(SmtpReply Reply, SessionNext Next, bool EndsGroup, IMessageWriter? Writer)
{
    public static SessionStep Answer(SmtpReply reply) => new(reply, SessionNext.Command, false, null);

    public static SessionStep Close(SmtpReply reply) => new(reply, SessionNext.Close, true, null);
}
