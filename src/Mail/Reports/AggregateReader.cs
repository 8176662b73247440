namespace Relay.Mail;

/// <summary>Reads the aggregate report inside a message, whatever its compression.</summary>
public static class AggregateReader
{
    /// <returns>Null when there is none, or it cannot be read within the bounds.</returns>
    public static AggregateReport? Read(MimeEntity message)
    {
        foreach (var part in message.OwnParts())
        {
            var isTls = AggregateParts.IsTlsReport(part);
            if ((isTls || AggregateParts.IsDmarc(part, message.Header)) && BoundedExpansion.Expand(part.GetContent()) is { } content)
            {
                return isTls ? TlsReportReader.Read(content) : DmarcReportReader.Read(content);
            }
        }

        return null;
    }
}
