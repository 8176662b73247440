namespace Relay.Mail;

/// <summary>Notices by which a recipient's filter says that it refused a message (RFC 5429 §2.1.2): a disposition notification, not a delivery report.</summary>
/// <remarks>
/// Programs of people send the same disposition for a message that was deleted unread, so the words of refusal are asked for, too.
/// </remarks>
internal static class RefusalNotice
{
    private static readonly string[] Words = ["rejected", "refused"];

    public static bool TryRead(MimeEntity message, string text, out ReceivedRecipientStatus recipient)
    {
        recipient = new ReceivedRecipientStatus();
        var part = message.OwnParts().FirstOrDefault(part => part.MediaType == "message/disposition-notification");
        if (part is null || !SaysRefused(message.Header, text))
        {
            return false;
        }

        var fields = HeaderBlock.Parse(part.GetContent());
        recipient = new ReceivedRecipientStatus
        {
            FinalRecipient = ReportFields.Address(fields.Value("Final-Recipient")),
            OriginalRecipient = ReportFields.Address(fields.Value("Original-Recipient")),
            Action = DeliveryAction.Failed,
            Diagnostic = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)),
        };
        return recipient.Mailbox is not null && IsDeleted(fields.Value("Disposition"));
    }

    private static bool IsDeleted(string? disposition) =>
        disposition is not null && disposition.StartsWith("automatic-action", StringComparison.OrdinalIgnoreCase) && disposition.Contains("deleted", StringComparison.OrdinalIgnoreCase);

    private static bool SaysRefused(HeaderBlock header, string text) =>
        Words.Any(word => text.Contains(word, StringComparison.OrdinalIgnoreCase) || (header.Text("Subject") ?? string.Empty).Contains(word, StringComparison.OrdinalIgnoreCase));
}
