using System.Globalization;
using Relay.Mail;

namespace Relay.Smtp.Server;

/// <summary>What MAIL may carry behind the path.</summary>
internal readonly record struct MailParameters(long? Size, BodyType Body, bool SmtpUtf8)
{
    // RFC 1870 §4: up to 20 digits. Twenty of them may not fit a long; such a size is over any limit.
    private const int MaxSizeDigits = 20;

    /// <summary>Null when all are known and well formed, otherwise the refusal.</summary>
    public static SmtpReply? Read(IReadOnlyList<EsmtpParameter> parameters, out MailParameters read)
    {
        read = default;
        foreach (var parameter in parameters)
        {
            if (Apply(parameter, ref read) is { } refusal)
            {
                return refusal;
            }
        }

        return null;
    }

    private static SmtpReply? Apply(EsmtpParameter parameter, ref MailParameters read)
    {
        switch (parameter.Keyword)
        {
            case "SIZE" when TryReadSize(parameter.Value, out var size):
                read = read with { Size = size };
                return null;
            case "BODY" when TryReadBody(parameter.Value, out var body):
                read = read with { Body = body };
                return null;
            case "SMTPUTF8" when parameter.Value is null:
                read = read with { SmtpUtf8 = true };
                return null;
            case "AUTH" when parameter.Value is not null:
                // RFC 4954 §5: who first submitted the message; a server that does not trust the client acts as for <>, and none is trusted.
                return null;
            case "SIZE" or "BODY" or "SMTPUTF8" or "AUTH":
                return ServerReplies.BadParameterValue;
            default:
                return ServerReplies.UnknownParameter;
        }
    }

    private static bool TryReadSize(string? text, out long size)
    {
        size = 0;
        if (text is null || text.Length > MaxSizeDigits || text.AsSpan().ContainsAnyExceptInRange('0', '9'))
        {
            return false;
        }

        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out size))
        {
            size = long.MaxValue;
        }

        return true;
    }

    // BINARYMIME needs CHUNKING (RFC 3030 §3) and is refused like any other value we do not announce.
    private static bool TryReadBody(string? text, out BodyType body)
    {
        body = string.Equals(text, "8BITMIME", StringComparison.OrdinalIgnoreCase) ? BodyType.EightBitMime : BodyType.SevenBit;
        return body == BodyType.EightBitMime || string.Equals(text, "7BIT", StringComparison.OrdinalIgnoreCase);
    }
}
