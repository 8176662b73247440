using System.Globalization;

namespace Relay.Smtp.Client;

/// <summary>Steps and durations in the words of failure texts.</summary>
internal static class StepNames
{
    public static string Of(TransactionStep step) => step switch
    {
        TransactionStep.Connect => "the connection",
        TransactionStep.Greeting => "the greeting",
        TransactionStep.Hello => "EHLO",
        TransactionStep.StartTls => "STARTTLS",
        TransactionStep.Authentication => "AUTH",
        TransactionStep.Mail => "MAIL FROM",
        TransactionStep.Recipient => "RCPT TO",
        TransactionStep.Data => "DATA",
        TransactionStep.Content => "the content",
        TransactionStep.Reset => "RSET",
        TransactionStep.Quit => "QUIT",
        _ => "the end of the message",
    };

    /// <summary>For example <c>5 minutes</c>, <c>30 seconds</c>.</summary>
    public static string Of(TimeSpan duration) =>
        duration.TotalMinutes >= 1 && duration.Seconds == 0
            ? Count(duration.TotalMinutes, "minute")
            : Count(duration.TotalSeconds, "second");

    private static string Count(double number, string unit) =>
        string.Create(CultureInfo.InvariantCulture, $"{number:0.#} {unit}{(number == 1 ? string.Empty : "s")}");
}
