namespace Relay.Mail;

/// <summary>The third part of a report: the message it is about, or its header (RFC 6522 §3).</summary>
internal static class ReportedMessage
{
    /// <summary>Header of the returned message; empty when nothing was returned.</summary>
    public static HeaderBlock FindHeader(MimeEntity report)
    {
        foreach (var part in report.OwnParts())
        {
            switch (part.MediaType)
            {
                case "text/rfc822-headers" or "message/rfc822-headers" or "message/global-headers":
                    return HeaderBlock.Parse(part.GetContent());
                case "message/rfc822" or "message/global" when part.Children is [var message]:
                    return message.Header;
            }
        }

        return HeaderBlock.Empty;
    }
}
