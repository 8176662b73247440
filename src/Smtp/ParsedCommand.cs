using Relay.Mail;

namespace Relay.Smtp;

/// <summary>What a line turned out to be: a command, or the reply that says what is wrong with it.</summary>
/// <param name="Verb">Known also for most malformed lines.</param>
internal readonly record struct ParsedCommand(SmtpVerb Verb, SmtpCommand? Command, SmtpReply? Error)
{
    public static ParsedCommand Of(SmtpCommand command) => new(command.Verb, command, null);

    public static ParsedCommand Malformed(SmtpVerb verb, SmtpReply error) => new(verb, null, error);
}
