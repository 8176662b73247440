using System.Text;

namespace Relay.Mail;

/// <summary>The words of a <see cref="DeliveryStatusReport"/> for people: what happened to each recipient, then what the other server said.</summary>
internal static class DeliveryStatusText
{
    private const int LineLength = 74;
    private const int MaxReplyLength = 1000;

    public static string Subject(DeliveryStatusReport report)
    {
        var text = CommonAction(report) switch
        {
            DeliveryAction.Failed => "Undelivered mail",
            DeliveryAction.Delayed => "Delayed mail",
            DeliveryAction.Delivered or DeliveryAction.Relayed or DeliveryAction.Expanded => "Delivered mail",
            _ => "Delivery report",
        };
        return report.Recipients is [{ FinalRecipient.NeedsSmtpUtf8: false } only] ? $"{text}: {only.FinalRecipient}" : text;
    }

    public static string Body(DeliveryStatusReport report)
    {
        var text = new StringBuilder();
        AppendWrapped(text, $"This is the mail system at {report.ReportingMta}.", string.Empty);
        text.Append('\n');
        AppendWrapped(text, Opening(report), string.Empty);
        foreach (var recipient in report.Recipients)
        {
            text.Append('\n');
            AppendWrapped(text, $"{recipient.FinalRecipient}: {Explanation(recipient)}", string.Empty);
            if (Technical(recipient) is { } technical)
            {
                text.Append('\n');
                AppendWrapped(text, technical.Length > MaxReplyLength ? technical[..MaxReplyLength] + "..." : technical, "    ");
            }
        }

        return text.ToString();
    }

    private static DeliveryAction? CommonAction(DeliveryStatusReport report)
    {
        var action = report.Recipients[0].Action;
        return report.Recipients.All(recipient => recipient.Action == action) ? action : null;
    }

    private static string Opening(DeliveryStatusReport report) => CommonAction(report) switch
    {
        DeliveryAction.Failed => "Your message could not be delivered to the addresses below. They will not be tried again.",
        DeliveryAction.Delayed => "Your message could not be delivered yet to the addresses below. You need not send it again.",
        DeliveryAction.Delivered or DeliveryAction.Relayed or DeliveryAction.Expanded => "You asked to be told what became of your message.",
        _ => "This is what became of your message for each of the addresses below.",
    };

    private static string Explanation(RecipientReport recipient) => recipient.Action switch
    {
        DeliveryAction.Delivered => "the message was delivered.",
        DeliveryAction.Relayed => "the message was handed to the next mail server, which will not report about it.",
        DeliveryAction.Expanded => "the message was delivered to a list of addresses.",
        DeliveryAction.Delayed => "the message is waiting: " + Reason(recipient.Status) + Until(recipient),
        _ => Reason(recipient.Status),
    };

    private static string Until(RecipientReport recipient) =>
        recipient.WillRetryUntil is { } end ? $" It will be tried until {MailDate.Format(end)}." : " It will be tried again.";

    // RFC 3463 §3, in words for somebody who does not run a mail server.
    private static string Reason(EnhancedStatusCode status) => (status.Subject, status.Detail) switch
    {
        (1, 1) => "there is no such mailbox at that domain.",
        (1, 2) or (4, 4) => "the domain of the address cannot be reached by mail.",
        (1, 3) => "the address is not written correctly.",
        (1, 6) => "the mailbox has moved.",
        (1, 10) => "the domain of the address accepts no mail.",
        (2, 1) => "the mailbox is not active.",
        (2, 2) => "the mailbox is full.",
        (2, 3) or (3, 4) => "the message is too large for the recipient.",
        (4, 1) or (4, 2) or (4, 3) or (4, 5) => "the recipient's mail server could not be reached or was too busy.",
        (4, 6) => "the message went in circles between mail servers.",
        (4, 7) => "the message could not be delivered in time.",
        (6, _) => "the recipient's mail server cannot take this kind of message.",
        (7, _) => "the recipient's mail server refused the message by its rules.",
        (1, _) => "the recipient's mail server did not accept the address.",
        _ => "the recipient's mail server did not accept the message.",
    };

    private static string? Technical(RecipientReport recipient) => recipient switch
    {
        { Reply: { } reply, RemoteMta: { } host } => $"{host} said: {reply}",
        { Reply: { } reply } => $"The server said: {reply}",
        { Diagnostic: { } text } => text,
        _ => null,
    };

    private static void AppendWrapped(StringBuilder text, string paragraph, string indent)
    {
        var lineLength = 0;
        foreach (var word in HeaderFolding.Flatten(paragraph).Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (lineLength > 0 && lineLength + 1 + word.Length > LineLength)
            {
                text.Append('\n');
                lineLength = 0;
            }

            var separator = lineLength == 0 ? indent : " ";
            text.Append(separator).Append(word);
            lineLength += separator.Length + word.Length;
        }

        text.Append('\n');
    }
}
