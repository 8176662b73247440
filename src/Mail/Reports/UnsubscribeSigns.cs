namespace Relay.Mail;

/// <summary>Mails that ask for no more mail: what a List-Unsubscribe mailto makes, and what mail programs send in a person's name.</summary>
internal static class UnsubscribeSigns
{
    private static readonly string[] Words = ["unsubscribe", "remove", "opt-out", "optout", "abmelden", "désinscription", "desuscribir", "cancelar suscripción"];

    public static bool IsUnsubscribe(HeaderBlock header, string text)
    {
        var subject = (header.Text("Subject") ?? string.Empty).Trim().ToLowerInvariant();
        return (subject.StartsWith("unsubscribe", StringComparison.Ordinal) && (subject.Length < 200 || subject.AsSpan().Count(' ') == 1))
            || Words.Contains(subject)
            || (subject.Length == 0 && Words.Contains(text.Trim().ToLowerInvariant()));
    }
}
