namespace Relay.Mail;

/// <summary>Turns an attachment into a part: base64, but for clean messages (RFC 2046 §5.2.1 allows no encoding there).</summary>
internal static class MessageAttachmentPart
{
    private const string OctetStream = "application/octet-stream";

    public static ComposedPart Make(MessageAttachment attachment)
    {
        var type = MediaType(attachment);
        var isMessage = type.Value.StartsWith("message/", StringComparison.OrdinalIgnoreCase);
        var contentType = new ParameterValue(type.Value, [.. type.Parameters.Where(IsWritable), new("name", attachment.FileName)]).ToString();
        var part = isMessage
            ? new ComposedPart(contentType, "7bit", attachment.Content)
            : new ComposedPart(contentType, "base64", (output, token) => WriteBase64Async(attachment, output, token));

        var disposition = attachment.ContentId is null ? "attachment" : "inline";
        part.Add("Content-Disposition", new ParameterValue(disposition, [new("filename", attachment.FileName)]).ToString());
        if (attachment.ContentId is { } contentId)
        {
            part.Add("Content-ID", $"<{contentId}>");
        }

        return part;
    }

    // A message that would need an encoding travels as plain bytes; the same for what a part must not claim to be.
    private static ParameterValue MediaType(MessageAttachment attachment)
    {
        var type = ParameterValue.Parse(attachment.ContentType);
        var slash = type.Value.IndexOf('/', StringComparison.Ordinal);
        var isValid = slash > 0 && ParameterValue.IsToken(type.Value.AsSpan(0, slash)) && ParameterValue.IsToken(type.Value.AsSpan(slash + 1));
        var isMultipart = type.Value.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase);
        var isMessage = type.Value.StartsWith("message/", StringComparison.OrdinalIgnoreCase);
        var isCleanMessage = attachment.OpenContent is null && TransferEncoding.IsSevenBitClean(attachment.Content.Span);
        return isValid && !isMultipart && (!isMessage || isCleanMessage) ? type : new ParameterValue(OctetStream);
    }

    private static bool IsWritable(KeyValuePair<string, string> parameter) =>
        ParameterValue.IsToken(parameter.Key)
        && !parameter.Key.Contains('*', StringComparison.Ordinal)
        && !parameter.Key.Equals("name", StringComparison.OrdinalIgnoreCase);

    private static async ValueTask WriteBase64Async(MessageAttachment attachment, Stream output, CancellationToken cancellationToken)
    {
        if (attachment.OpenContent is null)
        {
            await output.WriteAsync(Base64Lines.Encode(attachment.Content.Span), cancellationToken);
            return;
        }

        await using var content = await attachment.OpenContent(cancellationToken);
        await Base64Lines.EncodeAsync(content, output, cancellationToken);
    }
}
